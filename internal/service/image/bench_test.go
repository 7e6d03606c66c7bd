package image_test

import (
	"testing"

	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/service/image"
)

func BenchmarkUpload(b *testing.B) {
	const size = 64 << 20
	e := serve(b, storetest.Open(b, storetest.SQLite(b)), b.TempDir(), image.Limits{})
	data := make([]byte, size)
	b.SetBytes(size)
	for b.Loop() {
		id := e.create("demo", raw)
		e.want(204, e.upload("demo", id, data))
		e.want(204, e.do("demo", "DELETE", "/v2/images/"+id, "", nil))
	}
}
