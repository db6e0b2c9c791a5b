// The pages as functions of their rows.
const SPECIAL = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (char) => SPECIAL[char]);
const json = (value) => JSON.stringify(value).replaceAll('<', '\\u003c');
const initial = (name) => (name ? [...name][0].toUpperCase() : '');

const NAV = [['home', '/', 'Home'], ['index_lettings', '/lettings/', 'Lettings'], ['index_profiles', '/profiles/', 'Profiles']];

const page = ({ origin, path, title, description, head = '' }, content) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#fbf6ed" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#161a19" media="(prefers-color-scheme: dark)">
<title>${escape(title)}</title>
<meta name="description" property="og:description" content="${escape(description)}">
<meta property="og:title" content="${escape(title)}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="Holiday Homes">
<link rel="canonical" href="${escape(origin + path)}">
<meta property="og:url" content="${escape(origin + path)}">
<meta property="og:image" content="${escape(origin)}/static/site/share.png">
<link rel="icon" href="/static/site/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/site/site.css">
${head}</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="site-header">
<div class="wrap">
<a class="brand" href="/"><img src="/static/site/favicon.svg" alt="" width="36" height="36">Holiday Homes</a>
<nav aria-label="Main">
<ul>
${NAV.map(([id, url, label]) => `<li><a id="${id}" href="${url}"${url === '/lettings/' ? ' aria-current="page"' : ''}>${label}</a></li>\n`).join('')}</ul>
</nav>
</div>
</header>
<main id="content" class="wrap">
${content}</main>
<footer class="site-footer">
<div class="wrap">
<p class="signature">Holiday Homes</p>
<p>Come as a guest, leave with a favourite place.</p>
</div>
</footer>
</body>
</html>
`;

const structured = (origin, path, { id, title, street, city, state, country_iso_code: country }, zip) => `<script type="application/ld+json">
[{"@context": "https://schema.org", "@type": "VacationRental", "identifier": "${id}", "name": ${json(title)}, "url": ${json(origin + path)},
"address": {"@type": "PostalAddress", "streetAddress": ${json(street)}, "addressLocality": ${json(city)}, "addressRegion": ${json(state)}, "postalCode": "${zip}", "addressCountry": ${json(country)}}},
{"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": [
{"@type": "ListItem", "position": 1, "name": "Lettings", "item": ${json(`${origin}/lettings/`)}},
{"@type": "ListItem", "position": 2, "name": ${json(title)}}]}]
</script>
`;

const person = ({ username, first_name: first, last_name: last, favorite_city: city }) => `<li class="card person"><span class="avatar" aria-hidden="true">${escape(initial(first) + initial(last))}</span>
<div>
<h3 class="card-title" dir="auto"><a class="profile_link" href="/profiles/${encodeURIComponent(username)}/">${escape(username)}</a></h3>
<p class="quiet">Favorite city: <bdi>${escape(city)}</bdi></p>
</div></li>
`;

const neighbour = (row, rel, label) => (row
  ? `<li><a rel="${rel}" href="/lettings/${row.id}/"><span class="label">${label}</span> <bdi>${escape(row.title)}</bdi></a></li>\n` : '');

export function letting({ origin, letting: row, previous, next, people }) {
  const path = `/lettings/${row.id}/`;
  const zip = String(row.zip_code).padStart(5, '0');
  const state = escape(row.state);
  return page({
    origin, path, title: row.title, description: `${row.title}: a holiday home in ${row.city}, ${row.state}.`,
    head: structured(origin, path, row, zip),
  }, `<p class="back"><a href="/lettings/">Back to all lettings</a></p><div class="headline" dir="auto">
<h1>${escape(row.title)}</h1>
</div>
<div class="stay">
<img class="stay-art" src="/static/lettings/placeholder.svg" alt="" width="480" height="320">
<div class="stay-place">
<h2>Where it is</h2>
<address dir="auto">
<p>${row.number} ${escape(row.street)}</p>
<p>${escape(row.city)}, ${state} ${zip}</p>
<p>${escape(row.country_iso_code)}</p>
</address>
${row.country_iso_code === 'USA' ? `<img class="locator" src="/static/lettings/locator.svg#${state}" alt="Map of the USA showing ${state}" width="476" height="316">\n` : ''}</div>
</div>
${people.length ? `<section class="section">
<h2 dir="auto">People who love ${escape(row.city)}</h2>
<ul class="cards people">
${people.map(person).join('')}</ul>
</section>
` : ''}${previous || next ? `<nav class="neighbours" aria-label="More lettings">
<ul>
${neighbour(previous, 'prev', 'Previous')}${neighbour(next, 'next', 'Next')}</ul>
</nav>
` : ''}`);
}

const card = ({ id, title, city, state }, i) => `<li class="card"><img class="card-art" src="/static/lettings/placeholder.svg" alt="" width="480" height="320"${i < 2 ? '' : ' loading="lazy"'}>
<h2 class="card-title" dir="auto"><a class="letting_link" href="/lettings/${id}/">${escape(title)}</a></h2>
<p class="quiet" dir="auto">${escape(city)}, ${escape(state)}</p></li>
`;

const chip = (query, text, count) => `<li><a class="chip" href="?${query}">${text} <span class="count">${count}</span></a></li>\n`;

export const list = ({ origin, lettings, states, cities, first, more }) => page({
  origin, path: '/lettings/', title: 'Lettings',
  description: 'All our holiday homes, each with its place: search by name, city or state.',
}, `<div class="list-head">
<h1>Lettings</h1>
<form class="search" action="/lettings/" role="search">
<label for="search">Find a place to stay</label>
<div class="search-row"><input id="search" name="q" type="search" value="" maxlength="200" autocomplete="off" dir="auto" placeholder="City, state or name">
<button class="button" type="submit">Search</button></div>
</form>
</div>
<div class="listing has-filters">
<details class="filters">
<summary>Filter by place</summary>
<nav aria-label="Filters">
<h2 class="filter-title">States</h2>
<ul class="chips">
${states.map(({ name, count }) => chip(`state=${encodeURIComponent(name)}`, escape(name), count)).join('')}</ul>
<h2 class="filter-title">Cities</h2>
<ul class="chips">
${cities.map(({ name, state, count }) => chip(`city=${encodeURIComponent(name)}`, `<bdi>${escape(name)}, ${escape(state)}</bdi>`, count)).join('')}</ul>
</nav>
</details>
<div class="results">
<ul class="cards">
${lettings.map(card).join('')}</ul>
${first || more ? `<nav class="pages" aria-label="Pages">
<ul>
${first ? `<li><a href="/lettings/">First</a></li>\n<li><a href="?before=${first}" rel="prev">Previous</a></li>\n` : ''}${more ? `<li><a href="?after=${more}" rel="next">Next</a></li>\n<li><a href="?last">Last</a></li>\n` : ''}</ul>
</nav>
` : ''}</div>
</div>
`);
