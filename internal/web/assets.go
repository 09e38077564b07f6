package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"
)

//go:embed assets/style.css assets/logo.svg assets/common.txt.gz
var assetFiles embed.FS

// asset is a file that browsers keep for ever: its name holds its hash.
type asset struct {
	path, contentType string
	body, packed      []byte
}

type assets struct {
	style, logo *asset
	byPath      map[string]*asset
}

// readAssets names and packs the embedded files, once.
var readAssets = sync.OnceValues(func() (*assets, error) {
	a := &assets{byPath: map[string]*asset{}}
	for _, f := range []struct {
		to                     **asset
		file, stem, ending, as string
	}{
		{&a.style, "assets/style.css", "style", ".css", "text/css; charset=utf-8"},
		{&a.logo, "assets/logo.svg", "logo", ".svg", "image/svg+xml"},
	} {
		b, err := assetFiles.ReadFile(f.file)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		path := fmt.Sprintf("/%s-%s%s", f.stem, hex.EncodeToString(sum[:6]), f.ending)
		*f.to = &asset{path: path, contentType: f.as, body: b, packed: pack(b)}
		a.byPath[path] = *f.to
	}
	return a, nil
})

var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// pack compresses what is small and in memory.
func pack(b []byte) []byte {
	var out bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	_, _ = w.Write(b) // into memory: it cannot fail
	_ = w.Close()
	return out.Bytes()
}

// serveAsset answers a file of the site's own.
func (s *Site) serveAsset(w http.ResponseWriter, r *http.Request, a *asset) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", a.contentType)
	send(w, r, http.StatusOK, a.body, a.packed)
}
