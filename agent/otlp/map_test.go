package otlp_test

import (
	"slices"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// exceptionPairs are what an SDK says of an exception.
func exceptionPairs(kind string) []*common.KeyValue {
	return []*common.KeyValue{
		pair("exception.type", kind), pair("exception.message", "SECRET-MESSAGE"), pair("exception.stacktrace", "SECRET-STACK"),
	}
}

func TestMapping(t *testing.T) {
	finder := of("finder")
	for name, c := range map[string]struct {
		sent    proto.Message
		want    []string
		dropped []string
	}{
		"a span is a duration": {
			spans(finder, &trace.Span{
				Name: "search", TraceId: []byte("0123456789abcdef"), SpanId: []byte("01234567"), StartTimeUnixNano: at(1), EndTimeUnixNano: at(2) + 340_999,
				Attributes: []*common.KeyValue{pair("op", "search"), pair("cached", true), pair("url.full", "SECRET-URL")},
			}),
			[]string{"12:00:02 1.2.3 finder.operation.duration=1000340 cached=true operation=search"}, nil,
		},
		"a span is a counter's one": {
			spans(finder, &trace.Span{Name: "click", StartTimeUnixNano: at(1), EndTimeUnixNano: at(2), Attributes: []*common.KeyValue{pair("menu.item", "save")}}),
			[]string{"12:00:02 1.2.3 finder.click=1 menu=save"}, nil,
		},
		"a span that ends before it starts": {
			spans(finder, &trace.Span{Name: "open", StartTimeUnixNano: at(2), EndTimeUnixNano: at(1)}), nil, []string{`span "open" value 1`},
		},
		"an exception of a span": {
			spans(finder, &trace.Span{
				Name: "unknown", StartTimeUnixNano: at(1), EndTimeUnixNano: at(2), Attributes: []*common.KeyValue{pair("op", "open")},
				Status: &trace.Status{Code: trace.Status_STATUS_CODE_ERROR, Message: "SECRET-STATUS"},
				Events: []*trace.Span_Event{{TimeUnixNano: at(1), Name: "exception", Attributes: exceptionPairs("*errors.errorString")}, {Name: "SECRET-EVENT"}},
			}),
			[]string{"12:00:01 1.2.3 finder.error=*errors.errorString language=go operation=open"}, []string{`span "unknown" unmapped 1`},
		},
		"an exception of a log record": {
			records(finder, &logs.LogRecord{
				ObservedTimeUnixNano: at(5), Body: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: "SECRET-BODY"}},
				Attributes: exceptionPairs("TimeoutError"),
			}),
			[]string{"12:00:05 1.2.3 finder.error=TimeoutError language=go"}, nil,
		},
		"events": {
			records(finder,
				&logs.LogRecord{TimeUnixNano: at(1), EventName: "menu.used", Attributes: []*common.KeyValue{pair("menu.item", "open")}},
				&logs.LogRecord{TimeUnixNano: at(2), Attributes: []*common.KeyValue{pair("event.name", "menu.used")}},
				&logs.LogRecord{TimeUnixNano: at(3), EventName: "page.shown"}, &logs.LogRecord{TimeUnixNano: at(4), SeverityText: "SECRET-TEXT"}),
			[]string{"12:00:01 1.2.3 finder.click=1 menu=open", "12:00:02 1.2.3 finder.click=1"},
			[]string{`log "" unmapped 1`, `log "page.shown" unmapped 1`},
		},
		"a label that is not listed": {
			spans(finder, &trace.Span{Name: "click", StartTimeUnixNano: at(1), EndTimeUnixNano: at(2), Attributes: []*common.KeyValue{pair("menu.item", "zoe")}}),
			nil, []string{`span "click" not_listed 1`},
		},
		"a product that is not registered": {
			spans(of("stranger"), &trace.Span{Name: "search"}, &trace.Span{Name: "open"}), nil, []string{`service "stranger" unmapped 2`},
		},
		"no product": {
			spans(&resource.Resource{}, &trace.Span{Name: "search"}), nil, []string{`service "" unmapped 1`},
		},
		"another product's span": {
			spans(of("tacit"), &trace.Span{Name: "search"}), nil, []string{`span "search" unmapped 1`},
		},
		"a version that is none": {
			spans(of("finder", pair("service.version", "zoe's")), &trace.Span{Name: "search", StartTimeUnixNano: at(1), EndTimeUnixNano: at(2)}),
			[]string{"12:00:02 unknown finder.operation.duration=1000000"}, nil,
		},
		"an attribute of another form": {
			spans(finder, &trace.Span{Name: "search", StartTimeUnixNano: at(1), EndTimeUnixNano: at(1), Attributes: []*common.KeyValue{pair("op", []byte("search"))}}),
			[]string{"12:00:01 1.2.3 finder.operation.duration=0"}, nil,
		},
		"names that tell too much": {
			spans(finder, &trace.Span{Name: "GET /users/1234567"}, &trace.Span{Name: "zoë"}, &trace.Span{Name: "at kvarnbacken"}, &trace.Span{Name: "GET /users/{id}"}),
			nil, []string{`span "GET /users/{id}" unmapped 1`, `span "other" unmapped 3`},
		},
		"a summary": {
			instruments(finder, &metrics.Metric{Name: "finder.wait", Unit: "s", Data: &metrics.Metric_Summary{Summary: &metrics.Summary{
				DataPoints: []*metrics.SummaryDataPoint{{TimeUnixNano: at(1), Count: 1}},
			}}}),
			nil, []string{`metric "finder.wait" kind 1`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, kind string) {
				h := newHouse(t)
				h.post(kind, c.sent)
				if got := h.taken(); !slices.Equal(got, c.want) {
					t.Errorf("taken %q, want %q", got, c.want)
				}
				if got := h.dropped(); !slices.Equal(got, c.dropped) {
					t.Errorf("dropped %q, want %q", got, c.dropped)
				}
			})
		})
	}
}
