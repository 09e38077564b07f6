package vectors

import (
	"math"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// The plain content of fragments and pages, as the JSON files show it.
type (
	fragmentContent struct {
		Day     uint32           `json:"day"`
		Release uint32           `json:"release"`
		Facets  [][2]string      `json:"facets"`
		First   []string         `json:"first"`
		Values  []measureContent `json:"values"`
	}
	measureContent struct {
		Metric  string      `json:"metric"`
		Labels  [][2]string `json:"labels"`
		Count   uint64      `json:"count"`
		Sum     int64       `json:"sum"`
		Buckets []uint64    `json:"buckets"`
	}
	pageContent struct {
		Batch   octets          `json:"batch"`
		Writer  octets          `json:"writer"`
		Release uint32          `json:"release"`
		Policy  uint64          `json:"policy"`
		Records []recordContent `json:"records"`
	}
	recordContent struct {
		Time    int64       `json:"time"`
		Product string      `json:"product"`
		Version string      `json:"version"`
		Metric  string      `json:"metric"`
		Labels  [][2]string `json:"labels"`
		Count   uint32      `json:"count,omitempty"` // of several events
		// Exactly one of the two is there: JSON then shows which kind it is.
		Number *int64  `json:"number,omitempty"`
		Text   *string `json:"text,omitempty"`
	}
)

// fragments are small and large, with every part empty once and at its bounds.
var fragments = []codec.Fragment{
	{Day: 20778, Release: 1},
	{
		Day: 20778, Release: 7, First: codec.FirstToday | codec.FirstThisMonth,
		Facets: []codec.Pair{{Name: "product.version", Value: "1.0.0"}, {Name: "os.type", Value: "linux"}},
		Values: []codec.Measure{
			{Metric: "tacit.command", Labels: []codec.Pair{{Name: "command", Value: "lookup"}}, Count: 3},
			{Metric: "tacit.upload.duration", Count: 2, Sum: 340_000, Buckets: []uint64{0, 1, 0, 1}},
		},
	},
	{
		Day: math.MaxUint32, Release: math.MaxUint32,
		First:  codec.FirstToday | codec.FirstThisWeek | codec.FirstThisMonth | codec.FirstEver,
		Facets: []codec.Pair{{Name: "a", Value: ""}, {Name: "b", Value: "ü €𝄞"}, {Name: "c", Value: "\x00\n"}},
		Values: []codec.Measure{{Metric: "m", Count: math.MaxUint64, Sum: math.MinInt64, Buckets: []uint64{23, 24, 255, 256, 65535, 65536, 1 << 32}}},
	},
}

// packedPages have no record, few, and records that go back in time.
var packedPages = []codec.Page{
	{Batch: schema.BatchID(fromHex("00112233445566778899aabbccddeeff")), Writer: schema.Writer(fromHex("0f1e2d3c4b5a69788796a5b4c3d2e1f0")), Release: 1},
	{
		Batch: schema.BatchID(fromHex("c0ffee00c0ffee00c0ffee00c0ffee00")), Writer: schema.Writer(fromHex("0f1e2d3c4b5a69788796a5b4c3d2e1f0")),
		Release: 7, Policy: 3,
		Records: []schema.Record{
			record(1795219200, "os.type", schema.Text("linux")),
			record(1795219200, "host.cores", schema.Number(2)),
			record(1795219207, "tacit.command", schema.Number(1), schema.Label{Name: "command", Value: "lookup"}),
			record(1795219190, "tacit.upload.duration", schema.Number(340_000), schema.Label{Name: "outcome", Value: "ok"}, schema.Label{Name: "step", Value: "send"}),
			record(1795219207, "tacit.command", schema.Number(1), schema.Label{Name: "command", Value: "lookup"}),
		},
	},
	{
		Batch: schema.BatchID(fromHex("ffffffffffffffffffffffffffffffff")), Release: math.MaxUint32, Policy: math.MaxUint64,
		Records: []schema.Record{
			record(0, "a", schema.Number(math.MinInt64)),
			record(-1, "a", schema.Number(math.MaxInt64)),
			record(1<<40, "b", schema.Text("")),
			record(1<<40, "b", schema.Text("ü €𝄞")),
		},
	},
}

// countedPages have form 2: one record at least is of several events.
var countedPages = []codec.Page{
	{
		Batch: schema.BatchID(fromHex("c0ffee00c0ffee00c0ffee00c0ffee01")), Writer: schema.Writer(fromHex("0f1e2d3c4b5a69788796a5b4c3d2e1f0")),
		Release: 7, Policy: 3,
		Records: []schema.Record{
			counted(record(1795219200, "tacit.upload.duration", schema.Number(2_500), schema.Label{Name: "step", Value: "send"}), 12),
			record(1795219207, "tacit.command", schema.Number(1), schema.Label{Name: "command", Value: "lookup"}),
			counted(record(1795219207, "tacit.upload.duration", schema.Number(340_000), schema.Label{Name: "step", Value: "send"}), schema.MaxCount),
		},
	},
	{Release: 1, Records: []schema.Record{counted(record(-1, "a", schema.Text("<1 s")), 2)}},
}

func counted(r schema.Record, n uint32) schema.Record {
	r.Count = n
	return r
}

func record(at int64, metric string, v schema.Value, labels ...schema.Label) schema.Record {
	return schema.Record{Time: at, Product: schema.Product{Name: "tacit", Version: "1.0.0"}, Metric: metric, Value: v, Labels: labels}
}

type fragmentVector struct {
	Content fragmentContent `json:"content"`
	Bytes   octets          `json:"bytes"`
}

func TestFragments(t *testing.T) {
	var vs []fragmentVector
	for i, f := range fragments {
		b, err := codec.EncodeFragment(f)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, fragmentVector{Content: contentOf(f), Bytes: b})
		back, err := codec.DecodeFragment(b)
		if err != nil {
			t.Fatalf("fragment %d: %v", i, err)
		}
		equal(t, "decoded fragment", contentOf(back), contentOf(f))
	}
	exact(t, "fragment.json", "Fragments: their content and their bytes.", vs)
}

// longFragments have form 2: they take more than 256 bytes before compression.
func longFragments() []codec.Fragment {
	f := codec.Fragment{
		Day: 20778, Release: 7, First: codec.FirstToday,
		Facets: []codec.Pair{{Name: "product.version", Value: "1.0.0"}, {Name: "os.type", Value: "linux"}},
	}
	for i, step := range []string{"hear", "seal", "send", "settle", "wait"} {
		f.Values = append(f.Values, codec.Measure{
			Metric: "tacit.upload.duration", Labels: []codec.Pair{{Name: "outcome", Value: "ok"}, {Name: "step", Value: step}},
			Count: 3, Sum: int64(i) * 340_000, Buckets: []uint64{0, 1, 2, 0},
		})
	}
	bare := codec.Fragment{Release: 1, Values: make([]codec.Measure, 40)}
	for i := range bare.Values {
		bare.Values[i] = codec.Measure{Metric: "m", Count: 1}
	}
	return []codec.Fragment{f, bare}
}

type packedFragment struct {
	Content fragmentContent `json:"content"`
	Plain   octets          `json:"plain"`  // before compression
	Packed  octets          `json:"packed"` // as one release of the encoder compressed it
}

func packFragment(t *testing.T, f codec.Fragment) packedFragment {
	t.Helper()
	packed, err := codec.EncodeFragment(f)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := codec.Plain(packed)
	if err != nil {
		t.Fatal(err)
	}
	return packedFragment{Content: contentOf(f), Plain: plain, Packed: packed}
}

// TestLongFragments compares the bytes before compression, as TestPackedPages
// does.
func TestLongFragments(t *testing.T) {
	const about = "Fragments of form 2: their content, their bytes, and the bytes compressed."
	fs := longFragments()
	vs := frozen(t, "fragment2.json", about, func() (vs []packedFragment) {
		for _, f := range fs {
			vs = append(vs, packFragment(t, f))
		}
		return vs
	})
	if len(vs) != len(fs) {
		t.Fatalf("fragment2.json has %d vectors, want %d", len(vs), len(fs))
	}
	for i, v := range vs {
		want := packFragment(t, fs[i])
		want.Packed = v.Packed
		equal(t, "fragment2.json, vector", v, want)
		back, err := codec.DecodeFragment(v.Packed)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "fragment2.json, decoded vector", contentOf(back), want.Content)
	}
}

type packedVector struct {
	Content pageContent `json:"content"`
	Plain   octets      `json:"plain"`  // before compression
	Packed  octets      `json:"packed"` // as one release of the encoder compressed it
}

// TestPackedPages compares the bytes before compression: another release of the
// encoder may compress otherwise, and what was packed has to stay readable.
func TestPackedPages(t *testing.T) {
	packedFile(t, "packed.json", "What pages seal: the records, their bytes, and the bytes compressed.", packedPages)
}

func TestCountedPages(t *testing.T) {
	packedFile(t, "packed2.json", "What pages of form 2 seal: records of several events.", countedPages)
}

func packedFile(t *testing.T, name, about string, pages []codec.Page) {
	t.Helper()
	vs := frozen(t, name, about, func() (vs []packedVector) {
		for _, p := range pages {
			vs = append(vs, pack(t, p))
		}
		return vs
	})
	if len(vs) != len(pages) {
		t.Fatalf("%s has %d vectors, want %d", name, len(vs), len(pages))
	}
	for i, v := range vs {
		want := pack(t, pages[i])
		back, err := codec.DecodePage(v.Packed)
		if err != nil {
			t.Fatalf("decode %s, vector %d: %v", name, i, err)
		}
		plain, err := codec.Plain(v.Packed)
		if err != nil {
			t.Fatal(err)
		}
		want.Packed = v.Packed
		equal(t, name+", vector", v, want)
		equal(t, name+", decoded vector", packedVector{Content: contentOfPage(back), Plain: plain, Packed: v.Packed}, want)
	}
}

func pack(t *testing.T, p codec.Page) packedVector {
	t.Helper()
	packed, err := codec.EncodePage(p)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := codec.Plain(packed)
	if err != nil {
		t.Fatal(err)
	}
	return packedVector{Content: contentOfPage(p), Plain: plain, Packed: packed}
}
