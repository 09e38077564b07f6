package vectors

import (
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

type pageVector struct {
	ID      octets `json:"id"`
	Day     uint32 `json:"day"`
	N       uint32 `json:"n"`
	Tag     octets `json:"tag"`
	Witness octets `json:"witness"`
	Release uint32 `json:"release"` // of the registry
	Version string `json:"version"` // of the agent
	Plain   octets `json:"plain"`   // what is sealed: a packed page
	Bytes   octets `json:"bytes"`   // the sealed page
}

// pageBuild is what made the pages of the vectors.
var pageBuild = page.Build{Release: 7, Version: "1.2.3-rc.1"}

// pageCases are the fixed parts of the page vectors.
var pageCases = []struct {
	day     schema.Day
	n       uint32
	content codec.Page
}{
	{0, 0, packedPages[0]},
	{20778, 0, packedPages[1]},
	{20778, 1, packedPages[2]},
	{1<<32 - 1, 1<<32 - 1, packedPages[1]},
}

func TestPages(t *testing.T) {
	root := page.NewRoot(installations[0])
	const about = "Sealed pages: opened with keys that the ID gives, and the day and number."
	vs := frozen(t, "page.json", about, func() (vs []pageVector) {
		for _, c := range pageCases {
			vs = append(vs, sealPage(t, root, c.day, c.n, pack(t, c.content).Packed))
		}
		return vs
	})
	if len(vs) != len(pageCases) {
		t.Fatalf("page.json has %d vectors, want %d", len(vs), len(pageCases))
	}
	for i, v := range vs {
		c := pageCases[i]
		plain := openPage(t, root, c.n, v.Bytes)
		equal(t, "content of page.json, vector", contentOfPlain(t, plain), contentOfPage(c.content))
		want := keysOf(installations[0], c.day, c.n)
		equal(t, "page.json, vector", v, pageVector{ID: want.ID, Day: want.Day, N: want.N, Tag: want.Tag,
			Witness: want.Witness, Release: 7, Version: "1.2.3-rc.1", Plain: plain, Bytes: v.Bytes})
	}
}

func sealPage(t *testing.T, root page.Root, d schema.Day, n uint32, plain []byte) pageVector {
	t.Helper()
	p, err := page.Seal(root, d, n, pageBuild, plain)
	if err != nil {
		t.Fatal(err)
	}
	return pageVector{ID: installations[0][:], Day: uint32(d), N: n, Tag: p.Tag[:], Witness: p.Witness[:],
		Release: uint32(p.Build.Release), Version: p.Build.Version, Plain: plain, Bytes: p.Marshal()}
}

func openPage(t *testing.T, root page.Root, n uint32, b []byte) []byte {
	t.Helper()
	p, err := page.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := root.Day(p.Day).Open(n, p)
	if err != nil {
		t.Fatalf("open frozen page %d of day %d: %v", n, p.Day, err)
	}
	return plain
}

func contentOfPlain(t *testing.T, plain []byte) pageContent {
	t.Helper()
	p, err := codec.DecodePage(plain)
	if err != nil {
		t.Fatal(err)
	}
	return contentOfPage(p)
}

type erasureVector struct {
	ID      octets   `json:"id"`
	Days    []uint32 `json:"days"`
	Numbers []uint32 `json:"numbers"`
	Bytes   octets   `json:"bytes"`
}

func TestErasures(t *testing.T) {
	root := page.NewRoot(installations[0])
	var vs []erasureVector
	for _, count := range []uint32{0, 1, 3} {
		v := erasureVector{ID: installations[0][:], Days: []uint32{}, Numbers: []uint32{}}
		var es []page.Erasure
		for n := range count {
			d := schema.Day(20778 + n)
			es = append(es, root.Erasure(d, n+5))
			v.Days, v.Numbers = append(v.Days, uint32(d)), append(v.Numbers, n+5)
		}
		v.Bytes = page.MarshalErasures(es)
		vs = append(vs, v)
	}
	exact(t, "erasure.json", "The payload of an erasure: days, tags and rights.", vs)
}
