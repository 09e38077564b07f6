package codec

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
)

// TestSharedLabels: records that share labels in memory are told apart by all
// else.
func TestSharedLabels(t *testing.T) {
	labels := []schema.Label{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}
	one := schema.Record{Product: schema.Product{Name: "p", Version: "1"}, Metric: "m", Value: schema.Number(1), Labels: labels}
	metric, product, version, kind, fewer := one, one, one, one, one
	metric.Metric, product.Product.Name, version.Product.Version = "other", "other", "2"
	kind.Value, fewer.Labels = schema.Text("1"), labels[:1]
	want := Page{Records: []schema.Record{one, metric, one, product, version, kind, fewer, one}}
	got, err := DecodePage(encoded(t, EncodePage, want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestOneDecoderForMany: what a decoder remembers changes no record, and no
// page that is made of them.
func TestOneDecoderForMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			d             RecordDecoder
			shared, alone Page
		)
		kinds := rapid.SliceOfN(rapid.Custom(drawRecord), 1, 4).Draw(t, "kinds")
		for range rapid.IntRange(1, 30).Draw(t, "records") {
			want := rapid.SampledFrom(kinds).Draw(t, "kind")
			want.Time = rapid.Int64().Draw(t, "time")
			want.Count = rapid.SampledFrom([]uint32{0, 2, 300}).Draw(t, "count")
			if want.Value.Kind == schema.KindNumber {
				want.Value.Number = rapid.Int64().Draw(t, "number")
			}
			b, err := EncodeRecord(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Decode(b)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
			clear(b) // nothing points there
			shared.Records, alone.Records = append(shared.Records, got), append(alone.Records, want)
		}
		a, err := EncodePage(shared)
		if err != nil {
			t.Fatal(err)
		}
		b, err := EncodePage(alone)
		if err != nil || !bytes.Equal(a, b) {
			t.Fatalf("two pages of the same records differ: %v", err)
		}
	})
}
