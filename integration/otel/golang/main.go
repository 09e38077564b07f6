// Command engine is a product with the official OpenTelemetry SDK of Go, set up as
// its documentation says and told nothing but where to send. It says more than
// anybody should know: what begins with SECRET must not get anywhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	ctx := context.Background()
	s, err := start(ctx)
	if err == nil {
		err = errors.Join(s.work(ctx), s.stop(ctx))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sdk is the three providers.
type sdk struct {
	traces  *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider
	logs    *sdklog.LoggerProvider
}

// start sets up the SDK. Errors while it exports go to its own handler, which
// writes them to stderr.
func start(ctx context.Context) (*sdk, error) {
	who, err := resource.New(ctx, resource.WithHost(), resource.WithProcess(), resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "engine"), attribute.String("service.version", "1.4.0"),
		attribute.String("host.name", "SECRET-HOST-GO"), attribute.String("enduser.id", "SECRET-USER-GO"),
	))
	if err != nil {
		return nil, err
	}
	traces, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	metrics, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return nil, err
	}
	logs, err := otlploghttp.New(ctx)
	if err != nil {
		return nil, err
	}
	return &sdk{
		sdktrace.NewTracerProvider(sdktrace.WithBatcher(traces), sdktrace.WithResource(who)),
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)), sdkmetric.WithResource(who)),
		sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(logs)), sdklog.WithResource(who)),
	}, nil
}

func (s *sdk) stop(ctx context.Context) error {
	return errors.Join(s.traces.Shutdown(ctx), s.metrics.Shutdown(ctx), s.logs.Shutdown(ctx))
}

func (s *sdk) work(ctx context.Context) error {
	s.trace(ctx)
	s.log(ctx)
	return s.measure(ctx)
}

// trace has one span that is registered and one that is not, and an exception.
func (s *sdk) trace(ctx context.Context) {
	tracer := s.traces.Tracer("example.com/engine")
	ctx, span := tracer.Start(ctx, "engine.query", trace.WithAttributes(
		attribute.String("engine.query.kind", "full_text"), attribute.String("db.query.text", "SECRET-QUERY-GO"),
	))
	_, inner := tracer.Start(ctx, "SECRET-SPAN-GO")
	time.Sleep(3 * time.Millisecond) // what is measured
	inner.End()
	span.RecordError(&fs.PathError{Op: "open", Path: "/home/SECRET-PATH-GO", Err: errors.New("SECRET-MESSAGE-GO")}, trace.WithStackTrace(true))
	span.SetStatus(codes.Error, "SECRET-STATUS-GO")
	span.End()
}

// log has a record that tells of an exception, and one of which nothing is
// registered.
func (s *sdk) log(ctx context.Context) {
	logger := s.logs.Logger("example.com/engine")
	var r log.Record
	r.SetTimestamp(time.Now())
	r.SetBody(attribute.StringValue("SECRET-BODY-GO"))
	r.SetErr(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("SECRET-TEXT-GO")})
	logger.Emit(ctx, r)
	var other log.Record
	other.SetEventName("SECRET-EVENT-GO")
	other.SetBody(attribute.StringValue("SECRET-LINE-GO"))
	logger.Emit(ctx, other)
}

// measure has a counter, a histogram and a gauge that are registered, and one
// counter that is not.
func (s *sdk) measure(ctx context.Context) error {
	meter := s.metrics.Meter("example.com/engine")
	calls, err := meter.Int64Counter("engine.api.calls", metric.WithUnit("{call}"))
	if err != nil {
		return err
	}
	calls.Add(ctx, 3, metric.WithAttributes(attribute.String("engine.api.kind", "search"), attribute.String("caller", "SECRET-CALLER-GO")))
	took, err := meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	if err != nil {
		return err
	}
	for _, seconds := range []float64{0.25, 0.25, 3.5} {
		took.Record(ctx, seconds, metric.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", "/items/{id}"), attribute.Int("http.response.status_code", 200),
			attribute.String("url.full", "https://SECRET-URL-GO/"),
		))
	}
	depth, err := meter.Int64Gauge("engine.queue.depth", metric.WithUnit("{request}"))
	if err != nil {
		return err
	}
	depth.Record(ctx, 42, metric.WithAttributes(attribute.String("queue", "index")))
	other, err := meter.Int64Counter("SECRET-COUNTER-GO")
	if err != nil {
		return err
	}
	other.Add(ctx, 1)
	return nil
}
