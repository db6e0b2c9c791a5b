/* Bodies that come compressed; what they become is bounded, whatever they say. */
#include <brotli/decode.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "issues/envelope.h"

#define STEP ((size_t)64 * 1024)

static enum status too_large(void)
{
    return fail_as(CONFLICT, "the envelope is larger than %zu bytes", ENVELOPE_LIMIT);
}

/* gzip and zlib's own form tell themselves apart. */
static enum status inflate_all(struct text body, struct buffer *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)body.at, .avail_in = (uInt)body.length};
    int result = inflateInit2(&stream, 15 + 32) == Z_OK ? Z_OK : Z_MEM_ERROR;
    while (result == Z_OK && out->length <= ENVELOPE_LIMIT) {
        stream.next_out = (Bytef *)buffer_room(out, STEP);
        stream.avail_out = (uInt)STEP;
        result = inflate(&stream, Z_NO_FLUSH);
        out->length += STEP - stream.avail_out;
    }
    inflateEnd(&stream);
    if (out->length > ENVELOPE_LIMIT)
        return too_large();
    return result == Z_STREAM_END ? OK : fail_as(INVALID, "the body is not well compressed");
}

static enum status unbrotli_all(struct text body, struct buffer *out)
{
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    const uint8_t *in = (const uint8_t *)body.at;
    size_t in_size = body.length;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (state && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT
           && out->length <= ENVELOPE_LIMIT) {
        uint8_t *at = (uint8_t *)buffer_room(out, STEP);
        size_t room = STEP;
        result = BrotliDecoderDecompressStream(state, &in_size, &in, &room, &at, NULL);
        out->length += STEP - room;
    }
    BrotliDecoderDestroyInstance(state);
    if (out->length > ENVELOPE_LIMIT)
        return too_large();
    return result == BROTLI_DECODER_RESULT_SUCCESS
               ? OK
               : fail_as(INVALID, "the body is not well compressed");
}

enum status envelope_decode(struct arena *arena, struct text encoding, struct text body,
                            struct text *out)
{
    struct buffer decoded = {.arena = arena};
    enum status status;
    encoding = text_trim(encoding);
    *out = body;
    if (!encoding.length || text_equal_nocase(encoding, TEXT("identity")))
        return body.length <= ENVELOPE_LIMIT ? OK : too_large();
    if (text_equal_nocase(encoding, TEXT("gzip")) || text_equal_nocase(encoding, TEXT("deflate")))
        status = inflate_all(body, &decoded);
    else if (text_equal_nocase(encoding, TEXT("br")))
        status = unbrotli_all(body, &decoded);
    else
        status = fail_as(INVALID, "the body's Content-Encoding is not gzip, deflate or br");
    *out = buffer_contents(&decoded);
    return status;
}
