package otlp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// form is how JSON writes a field.
type form uint8

const (
	formText    form = iota // a text
	formFlag                // true or false
	formInteger             // a whole number, or a text of one: a varint
	formZigzag              // the same, which may be below 0
	formWord                // the same, of 64 bits
	formSigned              // the same, which may be below 0
	formDouble              // a number, or a text of one
	formMessage             // a message
	formOpaque              // anything: only told from others
)

// member is a field of a message, as JSON names it.
type member struct {
	number protowire.Number
	form   form
	of     message // of an object
	many   bool
}

// message is what is read of a message in JSON: the same fields as in protobuf, so
// that there is one way to read them from there on. IDs, which JSON writes in
// another way than everything else, are not among them.
type message map[string]member

var (
	valueForm = message{
		"stringValue": {number: 1, form: formText}, "boolValue": {number: 2, form: formFlag}, "intValue": {number: 3, form: formInteger},
		"doubleValue": {number: 4, form: formDouble}, "arrayValue": {number: 7, form: formOpaque}, "kvlistValue": {number: 7, form: formOpaque},
		"bytesValue": {number: 7, form: formOpaque},
	}
	pairForm  = message{"key": {number: 1, form: formText}, "value": {number: 2, form: formMessage, of: valueForm}}
	eventForm = message{"timeUnixNano": {number: 1, form: formWord}, "name": {number: 2, form: formText}, "attributes": pairs(3)}

	spanForm = message{
		"name": {number: 5, form: formText}, "startTimeUnixNano": {number: 7, form: formWord}, "endTimeUnixNano": {number: 8, form: formWord},
		"attributes": pairs(9), "events": {number: 11, form: formMessage, of: eventForm, many: true},
	}
	logForm = message{
		"timeUnixNano": {number: 1, form: formWord}, "attributes": pairs(6), "observedTimeUnixNano": {number: 11, form: formWord},
		"eventName": {number: 12, form: formText},
	}
	numberForm = message{
		"startTimeUnixNano": {number: 2, form: formWord}, "timeUnixNano": {number: 3, form: formWord}, "asDouble": {number: 4, form: formDouble},
		"asInt": {number: 6, form: formSigned}, "attributes": pairs(7), "flags": {number: 8, form: formInteger},
	}
	explicitForm = message{
		"startTimeUnixNano": {number: 2, form: formWord}, "timeUnixNano": {number: 3, form: formWord}, "count": {number: 4, form: formWord},
		"sum": {number: 5, form: formDouble}, "bucketCounts": {number: 6, form: formWord, many: true},
		"explicitBounds": {number: 7, form: formDouble, many: true}, "attributes": pairs(9), "flags": {number: 10, form: formInteger},
		"min": {number: 11, form: formDouble}, "max": {number: 12, form: formDouble},
	}
	cellsForm       = message{"offset": {number: 1, form: formZigzag}, "bucketCounts": {number: 2, form: formInteger, many: true}}
	exponentialForm = message{
		"attributes": pairs(1), "startTimeUnixNano": {number: 2, form: formWord}, "timeUnixNano": {number: 3, form: formWord},
		"count": {number: 4, form: formWord}, "sum": {number: 5, form: formDouble}, "scale": {number: 6, form: formZigzag},
		"zeroCount": {number: 7, form: formWord}, "positive": {number: 8, form: formMessage, of: cellsForm}, "flags": {number: 10, form: formInteger},
		"min": {number: 12, form: formDouble}, "max": {number: 13, form: formDouble},
	}
	metricForm = message{
		"name": {number: 1, form: formText}, "unit": {number: 3, form: formText}, "gauge": points(5, numberForm), "sum": points(7, numberForm),
		"histogram": points(9, explicitForm), "exponentialHistogram": points(10, exponentialForm), "summary": points(11, numberForm),
	}

	tracesForm  = request("resourceSpans", "scopeSpans", "spans", spanForm)
	metricsForm = request("resourceMetrics", "scopeMetrics", "metrics", metricForm)
	logsForm    = request("resourceLogs", "scopeLogs", "logRecords", logForm)
)

func pairs(n protowire.Number) member {
	return member{number: n, form: formMessage, of: pairForm, many: true}
}

// points are the data of a metric.
func points(n protowire.Number, of message) member {
	return member{number: n, form: formMessage, of: message{
		"dataPoints": {number: 1, form: formMessage, of: of, many: true}, "aggregationTemporality": {number: 2, form: formInteger},
		"isMonotonic": {number: 3, form: formFlag},
	}}
}

// request is the request of a signal.
func request(resources, scopes, items string, of message) message {
	scope := message{
		"scope": {number: 1, form: formMessage, of: message{"name": {number: 1, form: formText}, "version": {number: 2, form: formText}, "attributes": pairs(3)}},
		items:   {number: 2, form: formMessage, of: of, many: true},
	}
	part := message{
		"resource": {number: 1, form: formMessage, of: message{"attributes": pairs(1)}},
		scopes:     {number: 2, form: formMessage, of: scope, many: true},
	}
	return message{resources: {number: 1, form: formMessage, of: part, many: true}}
}

// fromJSON returns the protobuf of a request in JSON, of at most MaxBody bytes.
func fromJSON(body []byte, of message) ([]byte, error) {
	j := reader{json.NewDecoder(bytes.NewReader(body))}
	j.UseNumber()
	if err := j.opens('{'); err != nil {
		return nil, err
	}
	out, err := j.object(nil, of)
	if err != nil {
		return nil, err
	}
	if _, err := j.Token(); !errors.Is(err, io.EOF) {
		return nil, errMalformed
	}
	return out, nil
}

// reader reads JSON word by word, and appends what it reads as protobuf.
type reader struct{ *json.Decoder }

func (j reader) opens(what json.Delim) error {
	if t, err := j.Token(); err != nil || t != what {
		return errMalformed
	}
	return nil
}

// object reads the rest of an object, and its end.
func (j reader) object(out []byte, of message) ([]byte, error) {
	for j.More() {
		t, err := j.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errMalformed
		}
		m, known := of[name]
		if !known {
			var skipped json.RawMessage
			if err := j.Decode(&skipped); err != nil {
				return nil, errMalformed
			}
			continue
		}
		if out, err = j.member(out, m); err != nil {
			return nil, err
		}
		if len(out) > MaxBody {
			return nil, errTooLong
		}
	}
	_, err := j.Token()
	return out, malformed(err)
}

func malformed(err error) error {
	if err != nil {
		return errMalformed
	}
	return nil
}

// member reads the value of a known field, or all of its values.
func (j reader) member(out []byte, m member) ([]byte, error) {
	if m.form == formOpaque {
		var raw json.RawMessage
		err := j.Decode(&raw)
		return protowire.AppendBytes(protowire.AppendTag(out, m.number, protowire.BytesType), raw), malformed(err)
	}
	t, err := j.Token()
	if err != nil {
		return nil, errMalformed
	}
	if !m.many || t == nil {
		return j.single(out, m, t)
	}
	if t != json.Delim('[') {
		return nil, errMalformed
	}
	for j.More() {
		if t, err = j.Token(); err == nil {
			out, err = j.single(out, m, t)
		}
		if err != nil {
			return nil, malformedOr(err)
		}
		if len(out) > MaxBody {
			return nil, errTooLong
		}
	}
	_, err = j.Token()
	return out, malformed(err)
}

func malformedOr(err error) error {
	if errors.Is(err, errTooLong) {
		return err
	}
	return errMalformed
}

// single appends one value. Null is none.
func (j reader) single(out []byte, m member, t json.Token) ([]byte, error) {
	switch v := t.(type) {
	case nil:
		return out, nil
	case json.Delim:
		if m.form != formMessage || v != '{' {
			return nil, errMalformed
		}
		inner, err := j.object(nil, m.of)
		return protowire.AppendBytes(protowire.AppendTag(out, m.number, protowire.BytesType), inner), err
	case bool:
		if m.form != formFlag {
			return nil, errMalformed
		}
		return protowire.AppendVarint(protowire.AppendTag(out, m.number, protowire.VarintType), protowire.EncodeBool(v)), nil
	case string:
		if m.form == formText {
			return protowire.AppendString(protowire.AppendTag(out, m.number, protowire.BytesType), v), nil
		}
		return number64(out, m, v)
	case json.Number:
		return number64(out, m, v.String())
	}
	return nil, errMalformed
}

// number64 appends a number. Those of 64 bits are texts in JSON as protobuf writes
// it, and numbers as others do.
func number64(out []byte, m member, s string) ([]byte, error) {
	var (
		bits uint64
		err  error
		n    int64
		f    float64
	)
	switch m.form {
	case formWord:
		bits, err = strconv.ParseUint(s, 10, 64)
	case formSigned, formInteger, formZigzag:
		n, err = strconv.ParseInt(s, 10, 64)
		bits = uint64(n)
	case formDouble:
		f, err = strconv.ParseFloat(s, 64)
		bits = math.Float64bits(f)
	default:
		return nil, errMalformed
	}
	if err != nil {
		return nil, errMalformed
	}
	switch m.form {
	case formInteger:
		return protowire.AppendVarint(protowire.AppendTag(out, m.number, protowire.VarintType), bits), nil
	case formZigzag:
		return protowire.AppendVarint(protowire.AppendTag(out, m.number, protowire.VarintType), protowire.EncodeZigZag(n)), nil
	}
	return protowire.AppendFixed64(protowire.AppendTag(out, m.number, protowire.Fixed64Type), bits), nil
}
