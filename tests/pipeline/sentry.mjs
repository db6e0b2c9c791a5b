// A stand-in for Sentry's API of releases and debug files, which refuses what the real one refuses.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

export const read = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};

const sha1 = (content) => createHash('sha1').update(content).digest('hex');
const text = (value, most) => typeof value === 'string' && value.length > 0 && value.length <= most;
const isCommit = ({ id, author_name: name, author_email: email, timestamp, patch_set: files = [] }) => text(id, 64) && text(name, 128)
  && text(email, 75) && !Number.isNaN(Date.parse(timestamp)) && files.every(({ path, type }) => text(path, 255) && /^[AMD]$/.test(type));
const CHECKSUM = /^[0-9a-f]{40}$/;
const isFile = ({ name, debug_id: id, chunks, ...more }) => text(name, 255) && (id === undefined || text(id, 45))
  && Array.isArray(chunks) && chunks.every((chunk) => CHECKSUM.test(chunk)) && Object.keys(more).length === 0;

/** The parts of a form: { name, filename, content }. */
function partsOf(body, type) {
  const boundary = Buffer.from(`--${/boundary=(\S+)/.exec(type)[1]}`);
  const parts = [];
  for (let at = body.indexOf(boundary), next; (next = body.indexOf(boundary, at + 1)) > 0; at = next) {
    const head = body.indexOf('\r\n\r\n', at);
    const [, name, filename] = /name="(\w+)"; filename="(\w+)"/.exec(body.toString('latin1', at, head)) ?? [];
    parts.push({ name, filename, content: body.subarray(head + 4, next - 2) });
  }
  return parts;
}

// What symbolic makes of a debug file, or of a bundle of sources: the id in it; null where it can make nothing of it.
function idOf(content) {
  const { status, stdout } = spawnSync('python3', ['-c', `
import io, json, subprocess, sys, tempfile, uuid, zipfile
body = sys.stdin.buffer.read()
if body[:4] == b"SYSB":
    manifest = json.load(zipfile.ZipFile(io.BytesIO(body[8:])).open("manifest.json"))
    print(manifest["debug_id"], *manifest["files"])
elif body[:4] == b"\\x7fELF":
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        notes = subprocess.run(["readelf", "-n", file.name], stdout=subprocess.PIPE, text=True).stdout
    print(uuid.UUID(bytes_le=bytes.fromhex(notes.split("Build ID: ")[1].split()[0])[:16]))
else:
    sys.exit(1)`], { input: content, encoding: 'utf8' });
  const [id, ...files] = stdout.trim().split(' ');
  return status === 0 ? { id, files } : null;
}

/** A handler of requests; `terms` are of how files are uploaded. onTold gets all that was told, after each request. */
export function makeSentry({ url, token, terms = {}, onTold = () => {} }) {
  const rules = { chunkSize: 1 << 20, chunksPerRequest: 4, maxFileSize: 2 ** 31, maxRequestSize: 1 << 25, concurrency: 8, hashAlgorithm: 'sha1',
    compression: ['gzip'], accept: ['debug_files', 'sources'], url: `${url}/api/0/organizations/acme/chunk-upload/`, ...terms };
  const told = [];
  const known = new Set();
  const chunks = new Map();
  const assembled = new Map();

  function newRelease({ version, projects, commits = [] }) {
    if (!text(version, 250) || /[\n\t/\\]|^(\.+|latest)$/.test(version)) return [400, { version: ['Release with that version name is not allowed'] }];
    if (!projects?.length || projects.some((name) => name !== 'site')) return [400, { projects: ['Invalid project ids or slugs'] }];
    if (commits.length > 1000 || !commits.every(isCommit)) return [400, { commits: ['Invalid'] }];
    const status = known.has(version) ? 208 : 201;
    known.add(version);
    return [status, { version }];
  }

  function takeChunks(parts) {
    const bytes = parts.reduce((sum, { content }) => sum + content.length, 0);
    if (parts.length > rules.chunksPerRequest) return [400, { error: 'Too many chunks' }];
    if (bytes > rules.maxRequestSize) return [400, { error: 'Request too large' }];
    for (const { name, filename, content } of parts) {
      const plain = name === 'file_gzip' ? gunzipSync(content) : content;
      if (plain.length > rules.chunkSize) return [400, { error: 'Chunk size too large' }];
      if (sha1(plain) !== filename) return [400, { error: 'Checksum mismatch' }];
      chunks.set(filename, plain);
    }
    return [200, {}];
  }

  // As the real one: what is whole is put together later, and whoever asks again is told how that went.
  function stateOf(checksum, file) {
    if (assembled.has(checksum)) return assembled.get(checksum);
    const missingChunks = file.chunks.filter((chunk) => !chunks.has(chunk));
    if (missingChunks.length) return { state: 'not_found', missingChunks };
    const content = Buffer.concat(file.chunks.map((chunk) => chunks.get(chunk)));
    const found = sha1(content) === checksum ? idOf(content) : null;
    const detail = sha1(content) === checksum ? 'Unsupported debug information file' : 'The checksum of the file does not match';
    assembled.set(checksum, found === null ? { state: 'error', missingChunks: [], detail }
      : { state: 'ok', missingChunks: [], dif: { debugId: found.id, objectName: file.name, files: found.files, sha1: checksum } });
    return { state: 'created', missingChunks: [] };
  }

  function assemble(files) {
    if (!Object.entries(files).every(([checksum, file]) => CHECKSUM.test(checksum) && isFile(file))) return [400, { error: 'Missing or invalid JSON body' }];
    return [200, Object.fromEntries(Object.entries(files).map(([checksum, file]) => [checksum, stateOf(checksum, file)]))];
  }

  function answer(method, path, body) {
    const release = /^\/organizations\/acme\/releases\/([^/]+)\/(deploys\/)?$/.exec(path);
    switch (`${method} ${path}`) {
      case 'GET /organizations/acme/chunk-upload/': return [200, rules];
      case 'POST /organizations/acme/chunk-upload/': return takeChunks(body);
      case 'POST /projects/acme/site/files/difs/assemble/': return assemble(body);
      case 'POST /organizations/acme/releases/': return newRelease(body);
      default:
    }
    if (!release || !known.has(release[1])) return [404, { detail: 'The requested resource does not exist' }];
    const { environment, dateFinished, dateReleased } = body;
    if (method === 'PUT' && !release[2]) return Number.isNaN(Date.parse(dateReleased)) ? [400, { dateReleased: ['Invalid'] }] : [200, { version: release[1] }];
    if (!text(environment, 64) || /[\n/]/.test(environment) || Number.isNaN(Date.parse(dateFinished))) return [400, { environment: ['Invalid'] }];
    return [201, { environment }];
  }

  return async (request, response) => {
    const raw = await read(request);
    const type = request.headers['content-type'] ?? '';
    const send = (status, value) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (request.headers.authorization !== `Bearer ${token}`) return send(401, { detail: 'Invalid token' });
    if (!request.url.startsWith('/api/0/')) return send(404, {});
    const isForm = type.startsWith('multipart/form-data');
    const body = isForm ? partsOf(raw, type) : raw.length ? JSON.parse(raw) : null;
    const [status, value] = answer(request.method, request.url.slice('/api/0'.length), body);
    told.push({ method: request.method, url: request.url, status, answer: value,
      body: isForm ? body.map(({ name, filename }) => ({ name, filename })) : body });
    onTold(told);
    return send(status, value);
  };
}
