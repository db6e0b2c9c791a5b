// Reading the forms of a page as a browser does, for tests of what is sent again.
export const valueOf = (text, name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1];
export const errorsOf = (text) => [...text.matchAll(/<p class="form-error"[^>]*>(.*?)<\/p>/gs)].map(([, words]) => words);

/** What a browser would send of a form of that class, but for its buttons and the token. */
export function fieldsOf(text, name = 'admin-form') {
  const form = new RegExp(`<form method="post" class="${name}".*?</form>`, 's').exec(text)[0];
  const fields = {};
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const input = /name="([^"]*)"/.exec(tag)?.[1];
    const isSent = !/type="checkbox"/.test(tag) || / checked/.test(tag);
    if (input && input !== 'csrfmiddlewaretoken' && isSent) fields[input] = /value="([^"]*)"/.exec(tag)?.[1] ?? 'on';
  }
  for (const [, input, inside] of form.matchAll(/<select\b[^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs)) fields[input] = /value="([^"]*)" selected/.exec(inside)?.[1] ?? '';
  for (const [, input, inside] of form.matchAll(/<textarea\b[^>]*name="([^"]*)"[^>]*>\n?(.*?)<\/textarea>/gs)) fields[input] = inside;
  return fields;
}
