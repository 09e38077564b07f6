package otlp

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Content types.
const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// contentType returns the content type of a request, or "" when it is none of
// the two.
func contentType(header string) string {
	kind, _, err := mime.ParseMediaType(header)
	if err != nil || kind != protobufType && kind != jsonType {
		return ""
	}
	return kind
}

// success is the answer to what was taken: in the request's own encoding, empty
// unless some of it was rejected.
func success(kind string, s *signal, rejected int64) []byte {
	const message = "one request may become 10,000 records: send smaller batches"
	if kind == jsonType {
		partial := map[string]any{}
		if rejected > 0 {
			partial["partialSuccess"] = map[string]string{s.rejected: strconv.FormatInt(rejected, 10), "errorMessage": message}
		}
		return encoded(partial)
	}
	if rejected == 0 {
		return nil
	}
	inner := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(rejected))
	inner = protowire.AppendString(protowire.AppendTag(inner, 2, protowire.BytesType), message)
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), inner)
}

// refusal is an answer that is no success.
type refusal struct {
	status  int
	code    uint64 // of gRPC, which OTLP answers with
	message string
	retry   int // seconds until it may be tried again; 0: never
}

// Codes of gRPC.
const (
	invalidArgument   = 3
	permissionDenied  = 7
	resourceExhausted = 8
	unimplemented     = 12
	unavailable       = 14
)

// body is the refusal as the message that OTLP asks for.
func (f *refusal) body(kind string) []byte {
	if kind == jsonType {
		return encoded(map[string]any{"code": f.code, "message": f.message})
	}
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), f.code)
	return protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), f.message)
}

func encoded(v map[string]any) []byte {
	b, _ := json.Marshal(v) // texts and numbers
	return b
}

func (f *refusal) write(w http.ResponseWriter, q *http.Request, kind string) {
	forgetBody(q)
	if f == notPosted {
		w.Header().Set("Allow", http.MethodPost)
	}
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.retry))
	}
	if kind == "" {
		http.Error(w, f.message, f.status)
		return
	}
	respond(w, kind, f.status, f.body(kind))
}

func respond(w http.ResponseWriter, kind string, status int, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller went away: nobody to tell
}
