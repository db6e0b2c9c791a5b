// More requests that tests/templates/django.test.mjs has Django answer too: [source, context or more of the request].

const many = (sources, more = {}) => sources.map((source) => [source, more]);

const ZONES = [
  ['{{ x }}', { settings: { USE_TZ: true, current_timezone: 'Nope/Land' } }],
  ['{{ x }}', { settings: { USE_TZ: true, current_timezone: '../../etc/passwd' } }],
  ['{% now "e" %}', { settings: { TIME_ZONE: 'Nope/Land', USE_TZ: true } }],
  ['{% now "e" %}', { settings: { TIME_ZONE: '../../etc/passwd', USE_TZ: true } }],
  ['{% now "e" %}', { settings: { TIME_ZONE: 'Asia/Tokyo', USE_TZ: true } }],
];

const DEBUG = many(['{% debug %}', 'a{% debug %}b', '{% debug x %}']);

export const DETAILS = { zones: ZONES, debug: DEBUG };

const LIBRARIES = ['cache', 'humanize', 'i18n', 'l10n', 'static', 'tz'];

export function* detailRequests() {
  for (const rows of Object.values(DETAILS)) {
    for (const [source, more] of rows) {
      const { templates, ...rest } = more;
      yield {
        templates: { t: `{% load ${LIBRARIES.join(' ')} %}${source}`, ...templates }, entry: 't', context: {},
        libraries: LIBRARIES, ...rest,
      };
    }
  }
}
