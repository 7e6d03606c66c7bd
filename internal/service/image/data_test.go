package image_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	api "github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/service/image"
)

// qcow2 is a sound, empty qcow2 image of version 3 and 1 GiB, with changes.
func qcow2(changes ...func([]byte)) string {
	b := make([]byte, 4<<16)
	copy(b, "QFI\xfb")
	be := binary.BigEndian
	be.PutUint32(b[4:], 3)
	be.PutUint32(b[20:], 16)    // cluster bits
	be.PutUint64(b[24:], 1<<30) // size
	be.PutUint32(b[36:], 2)     // L1 entries
	be.PutUint64(b[40:], 3<<16) // L1 table
	be.PutUint64(b[48:], 1<<16) // refcount table
	be.PutUint32(b[56:], 1)
	be.PutUint32(b[96:], 4) // refcount order
	be.PutUint32(b[100:], 104)
	for _, change := range changes {
		change(b)
	}
	return string(b)
}

func put64(at int, v uint64) func([]byte) {
	return func(b []byte) { binary.BigEndian.PutUint64(b[at:], v) }
}

func put32(at int, v uint32) func([]byte) {
	return func(b []byte) { binary.BigEndian.PutUint32(b[at:], v) }
}

func put(at int, text string) func([]byte) { return func(b []byte) { copy(b[at:], text) } }

const flatVMDK = "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 2048 FLAT \"/etc/shadow\" 0\n"

// hostile are images that name other files or are not what they are declared
// to be (OSSA-2015-014, 2016-001, 2023-002, 2024-001, 2024-002, 2024-003).
var hostile = []struct {
	name, declared, data string
	status               int
	says                 string
}{
	{"backing file", "qcow2", qcow2(put64(8, 512), put32(16, 11), put(512, "/etc/shadow")), 400, "backing file"},
	{"backing file as raw", "raw", qcow2(put64(8, 512), put32(16, 11), put(512, "/etc/shadow")), 400, "backing file"},
	{"external data file", "qcow2", qcow2(put64(72, 4)), 400, "external file"},
	{"external data file by name", "qcow2", qcow2(put32(104, 0x44415441), put32(108, 11), put(112, "/etc/shadow")), 400, "external data file"},
	{"unknown feature", "qcow2", qcow2(put64(72, 1<<40)), 400, "feature bit 40"},
	{"VMDK names a host file", "vmdk", flatVMDK, 400, "names other files"},
	{"VMDK names a host file as raw", "raw", flatVMDK, 400, "names other files"},
	{"qcow2 as raw", "raw", qcow2(), 415, "qcow2"},
	{"qcow2 as kernel", "aki", qcow2(), 415, "qcow2"},
	{"qcow2 as ramdisk", "ari", qcow2(), 415, "qcow2"},
	{"raw as qcow2", "qcow2", "hello", 415, "raw"},
	{"raw as vmdk", "vmdk", "hello", 415, "raw"},
	{"raw as iso", "iso", "hello", 415, "raw"},
	{"cut off", "qcow2", qcow2()[:80], 400, "truncated"},
	{"two things at once", "qcow2", qcow2(put(32769, "CD001")), 400, "at the same time"},
	{"gzip as raw", "raw", "\x1f\x8b\x08\x00....", 415, "gzip"},
}

func TestHostileImages(t *testing.T) {
	both(t, func(e *edge) {
		for _, h := range hostile {
			for _, form := range []string{"length", "chunks"} {
				id := e.create("demo", fmt.Sprintf(`{"disk_format": %q, "container_format": "bare"}`, h.declared))
				var body any = h.data
				if form == "chunks" {
					body = io.MultiReader(strings.NewReader(h.data))
				}
				r := e.upload("demo", id, body)
				if r.status != h.status || !strings.Contains(string(r.body), h.says) {
					e.t.Errorf("%s in %s: %d %s; want %d with %q", h.name, form, r.status, r.body, h.status, h.says)
				}
				i := e.show("demo", id)
				if i["status"] != "queued" || i["size"] != nil || i["checksum"] != nil || i["virtual_size"] != nil {
					e.t.Errorf("%s: %v", h.name, i)
				}
				e.want(204, e.get("demo", "/v2/images/"+id+"/file"))
			}
			name := h.name
			_, err := e.service.EnsureImage(e.t.Context(), cloud.Image{
				Name: &name, OwnerID: "p-demo", Visibility: cloud.ImagePublic, DiskFormat: h.declared, ContainerFormat: "bare",
			}, strings.NewReader(h.data))
			if err == nil || fault.KindOf(err) == fault.Internal {
				e.t.Errorf("%s was ensured: %v", h.name, err)
			}
		}
		if files := e.files(); len(files) != 0 {
			e.t.Errorf("left over: %q", files)
		}
		if n, err := e.db.ImageBytes(e.t.Context(), "p-demo"); n != 0 || err != nil {
			e.t.Errorf("%d bytes are counted, %v", n, err)
		}
		id := e.create("demo", `{"disk_format": "qcow2", "container_format": "bare"}`)
		e.want(204, e.upload("demo", id, qcow2()))
		if i := e.show("demo", id); i["virtual_size"] != float64(1<<30) || i["size"] != float64(4<<16) {
			e.t.Errorf("a sound qcow2: %v", i)
		}
	})
}

func TestUploadRefusals(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", `{"name": "noformat"}`)
		if r := e.want(400, e.upload("demo", id, "abc")); !strings.Contains(string(r.body), "disk_format, container_format") {
			e.t.Errorf("%s", r.body)
		}
		id = e.create("demo", raw)
		for _, kind := range []string{"", "application/json", "text/plain"} {
			e.want(415, e.do("demo", "PUT", "/v2/images/"+id+"/file", kind, "x"))
		}
		e.want(404, e.upload("other", id, "x"))
		e.want(403, e.upload("reader", id, "x"))
		e.want(404, e.upload("demo", "00000000-0000-0000-0000-000000000000", "x"))
		e.want(400, e.do("demo", "PUT", "/v2/images/"+id+"/file", api.DataType, "x", "X-Openstack-Image-Size", "2"))
		e.want(400, e.do("demo", "PUT", "/v2/images/"+id+"/file", api.DataType, io.MultiReader(strings.NewReader("x")), "X-Openstack-Image-Size", "2"))
		e.want(400, e.do("demo", "PUT", "/v2/images/"+id+"/file", api.DataType, "x", "X-Openstack-Image-Size", "-1"))
		if i := e.show("demo", id); i["status"] != "queued" {
			e.t.Errorf("%v", i)
		}
		e.want(204, e.do("demo", "PUT", "/v2/images/"+id+"/file", api.DataType, "xy", "X-Openstack-Image-Size", "2"))
	})
}

func TestRange(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		e.want(204, e.upload("demo", id, "hello world\n"))
		tests := []struct {
			header string
			status int
			body   string
			span   string
		}{
			{"bytes=0-4", 206, "hello", "bytes 0-4/12"},
			{"bytes=6-", 206, "world\n", "bytes 6-11/12"},
			{"bytes=-3", 206, "ld\n", "bytes 9-11/12"},
			{"bytes=-99", 206, "hello world\n", "bytes 0-11/12"},
			{"bytes=11-99", 206, "\n", "bytes 11-11/12"},
			{"bytes=0-0", 206, "h", "bytes 0-0/12"},
			{"bytes=500-", 416, "", "bytes */12"},
			{"bytes=12-", 416, "", "bytes */12"},
			{"bytes=-0", 416, "", "bytes */12"},
			{"bytes=4-2", 200, "hello world\n", ""},
			{"bytes=0-1,3-4", 200, "hello world\n", ""},
			{"bytes=x-", 200, "hello world\n", ""},
			{"bytes=99999999999999999999-", 200, "hello world\n", ""},
			{"lines=1-2", 200, "hello world\n", ""},
			{"-", 200, "hello world\n", ""},
		}
		for _, test := range tests {
			r := e.do("demo", "GET", "/v2/images/"+id+"/file", "", nil, "Range", test.header)
			if r.status != test.status || test.body != "" && string(r.body) != test.body || r.header.Get("Content-Range") != test.span {
				e.t.Errorf("%s: %d %q %q", test.header, r.status, r.body, r.header.Get("Content-Range"))
			}
		}
	})
}

// slow is an upload that the test feeds.
type slow struct {
	w    *io.PipeWriter
	done chan reply
}

// slowUpload sends size bytes and comes back when some are on the server's
// disk; the upload ends when w is closed.
func (e *edge) slowUpload(who, id string, size int, headers ...string) *slow {
	e.t.Helper()
	r, w := io.Pipe()
	s := &slow{w, make(chan reply, 1)}
	e.t.Cleanup(func() { _ = w.CloseWithError(io.ErrUnexpectedEOF) }) // a failed test lets the server stop
	go func() { s.done <- e.do(who, "PUT", "/v2/images/"+id+"/file", api.DataType, r, headers...) }()
	if _, err := w.Write(make([]byte, size)); err != nil {
		e.t.Error(err)
	}
	<-e.arrived
	return s
}

func TestConcurrentUploadIsRefused(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		first := e.slowUpload("demo", id, 3<<20)
		if got := e.show("demo", id)["status"]; got != "saving" {
			e.t.Errorf("status %v", got)
		}
		if r := e.want(409, e.upload("demo", id, "second")); !strings.Contains(string(r.body), "from saving to saving") {
			e.t.Errorf("%s", r.body)
		}
		e.want(204, e.get("demo", "/v2/images/"+id+"/file"))
		e.want(403, e.patch("demo", id, `[{"op": "replace", "path": "/disk_format", "value": "qcow2"}]`))
		e.want(200, e.patch("demo", id, `[{"op": "replace", "path": "/name", "value": "meanwhile"}]`))
		_ = first.w.Close()
		e.want(204, <-first.done)
		if i := e.show("demo", id); i["status"] != "active" || i["size"] != float64(3<<20) || i["name"] != "meanwhile" {
			e.t.Errorf("%v", i)
		}
	})
}

func TestDeleteWhileUploading(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		e := serve(t, db, t.TempDir(), image.Limits{ProjectBytes: 8 << 20})
		id, next := e.create("demo", raw), e.create("demo", raw)
		first := e.slowUpload("demo", id, 6<<20, "X-Openstack-Image-Size", fmt.Sprint(6<<20))
		e.want(204, e.do("demo", "DELETE", "/v2/images/"+id, "", nil))
		e.want(404, e.get("demo", "/v2/images/"+id))
		// The bytes are on the disk still, so they still count (OSSA-2015-003).
		e.want(413, e.upload("demo", next, strings.Repeat("x", 6<<20)))
		_ = first.w.Close()
		if r := e.want(410, <-first.done); !strings.Contains(string(r.body), "deleted during the upload") {
			t.Errorf("%s", r.body)
		}
		if files := e.files(); len(files) != 0 {
			t.Errorf("left over: %q", files)
		}
		if n, err := db.ImageBytes(t.Context(), "p-demo"); n != 0 || err != nil {
			t.Errorf("%d bytes are counted, %v", n, err)
		}
		e.want(204, e.upload("demo", next, strings.Repeat("x", 6<<20)))
	})
}

func TestClientGoesAway(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		r, w := io.Pipe()
		req, err := http.NewRequestWithContext(e.t.Context(), "PUT", e.url+"/v2/images/"+id+"/file", r)
		if err != nil {
			e.t.Fatal(err)
		}
		req.Header.Set("X-Auth-Token", "demo")
		req.Header.Set("Content-Type", api.DataType)
		gone := make(chan error, 1)
		go func() {
			resp, err := e.client.Do(req)
			if err == nil {
				err = resp.Body.Close()
			}
			gone <- err
		}()
		if _, err := w.Write(make([]byte, 5<<20)); err != nil {
			e.t.Fatal(err)
		}
		<-e.arrived
		_ = w.CloseWithError(errors.New("the client has gone")) // its connection breaks off
		if err := <-gone; err == nil {
			e.t.Error("the upload went on")
		}
		e.server.Close() // waits for the handler
		i, err := e.service.Image(e.t.Context(), id, callers["demo"])
		if err != nil || i.Status != cloud.ImageQueued {
			e.t.Errorf("%+v %v", i, err)
		}
		if files := e.files(); len(files) != 0 {
			e.t.Errorf("left over: %q", files)
		}
	})
}

func TestLimits(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		e := serve(t, db, t.TempDir(), image.Limits{ImageBytes: 1000, ProjectBytes: 1500})
		id := e.create("demo", raw)
		big := strings.Repeat("x", 1001)
		e.want(413, e.upload("demo", id, big))
		e.want(413, e.upload("demo", id, io.MultiReader(strings.NewReader(big))))
		e.want(204, e.upload("demo", id, big[:1000]))
		second := e.create("demo", raw)
		if r := e.want(413, e.upload("demo", second, big[:501])); !strings.Contains(string(r.body), "quota of 1500 bytes 1000 are taken") {
			t.Errorf("%s", r.body)
		}
		e.want(413, e.upload("demo", second, io.MultiReader(strings.NewReader(big[:501]))))
		e.want(204, e.upload("other", e.create("other", raw), big[:1000]))
		e.want(204, e.upload("demo", second, io.MultiReader(strings.NewReader(big[:500]))))
		e.want(413, e.upload("demo", e.create("demo", raw), "x"))
		e.want(204, e.do("demo", "DELETE", "/v2/images/"+id, "", nil))
		e.want(204, e.upload("demo", e.create("demo", raw), big[:1000]))
	})
}

// TestQuotaRace: of many uploads at once, no more get room than there is.
func TestQuotaRace(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		e := serve(t, db, t.TempDir(), image.Limits{ProjectBytes: 100})
		const n = 8
		var ids []string
		for range n {
			ids = append(ids, e.create("demo", raw))
		}
		statuses := make([]int, n)
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() { statuses[i] = e.upload("demo", ids[i], strings.Repeat("x", 30)).status })
		}
		group.Wait()
		slices.Sort(statuses)
		if !slices.Equal(statuses, []int{204, 204, 204, 413, 413, 413, 413, 413}) {
			t.Errorf("statuses %v", statuses)
		}
		if got, err := db.ImageBytes(t.Context(), "p-demo"); got != 90 || err != nil {
			t.Errorf("%d bytes, %v", got, err)
		}
	})
}

func TestConcurrentPatchesAllCount(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		var group sync.WaitGroup
		for n := range 12 {
			group.Go(func() {
				if r := e.patch("demo", id, fmt.Sprintf(`[{"op": "add", "path": "/p%d", "value": "v"}]`, n)); r.status != 200 {
					e.t.Errorf("%d %s", r.status, r.body)
				}
			})
		}
		group.Wait()
		i := e.show("demo", id)
		for n := range 12 {
			if i[fmt.Sprintf("p%d", n)] != "v" {
				e.t.Errorf("p%d was lost", n)
			}
		}
	})
}

func TestRecover(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		e := serve(t, db, t.TempDir(), image.Limits{})
		kept, broken, deleted := e.create("demo", raw), e.create("demo", raw), e.create("demo", raw)
		e.want(204, e.upload("demo", kept, "kept"))
		e.want(204, e.upload("demo", deleted, "deleted"))
		// As after a crash: an upload that had come to its rename, one that had
		// not, and a deletion whose file was still there.
		name := strings.Repeat("ab", 64)
		for _, path := range []string{"uploads/11111111-1111-1111-1111-111111111111", "ab/" + name + "." + broken} {
			path = filepath.Join(e.dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Tx(ctx, func(tx *store.Tx) error {
			if err := tx.BeginUpload(ctx, broken, "u1", 1000, 0, time.Unix(0, 0)); err != nil {
				return err
			}
			return tx.DeleteImage(ctx, deleted, time.Unix(0, 0))
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := db.ImageBytes(ctx, "p-demo"); n != 1011 || err != nil {
			t.Errorf("%d bytes before, %v", n, err)
		}
		for range 2 {
			if err := e.service.Recover(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := db.ImageBytes(ctx, "p-demo"); n != 4 || err != nil {
			t.Errorf("%d bytes after, %v", n, err)
		}
		if files := e.files(); len(files) != 1 || !strings.HasSuffix(files[0], "."+kept) {
			t.Errorf("files %q", files)
		}
		if r := e.want(200, e.get("demo", "/v2/images/"+kept+"/file")); string(r.body) != "kept" {
			t.Errorf("%q", r.body)
		}
		e.want(204, e.upload("demo", broken, "again"))
	})
}

func TestEnsureImage(t *testing.T) {
	both(t, func(e *edge) {
		ctx := e.t.Context()
		name := "guest"
		want := cloud.Image{
			Name: &name, OwnerID: "p-admin", Visibility: cloud.ImagePublic, DiskFormat: "aki", ContainerFormat: "aki", MinRAMMiB: 64,
			Properties: map[string]string{"os_distro": "novalet"},
		}
		ensure := func(data string) cloud.Image {
			i, err := e.service.EnsureImage(ctx, want, strings.NewReader(data))
			if err != nil {
				e.t.Fatal(err)
			}
			return i
		}
		first := ensure("kernel")
		if first.Status != cloud.ImageActive || first.Size != 6 || first.MinRAMMiB != 64 || first.Properties["os_distro"] != "novalet" {
			e.t.Errorf("%+v", first)
		}
		if again := ensure("kernel"); again.ID != first.ID || !again.UpdatedAt.Equal(first.UpdatedAt) {
			e.t.Errorf("%+v", again)
		}
		want.MinRAMMiB = 128
		if changed := ensure("kernel"); changed.ID != first.ID || changed.MinRAMMiB != 128 {
			e.t.Errorf("%+v", changed)
		}
		newer := ensure("kernel 2")
		if newer.ID == first.ID || newer.Size != 8 {
			e.t.Errorf("%+v", newer)
		}
		if got := e.names("demo", "?name=guest"); got != "guest" {
			e.t.Errorf("listed: %q", got)
		}
		r, err := e.service.OpenImage(ctx, newer.ID)
		if err != nil {
			e.t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err := r.Close(); err != nil {
			e.t.Error(err)
		}
		if string(b) != "kernel 2" || err != nil {
			e.t.Errorf("%q %v", b, err)
		}
		if i := e.show("demo", first.ID); i["os_hidden"] != true || i["status"] != "active" {
			e.t.Errorf("the older one: %v", i)
		}
		queued := e.create("demo", raw)
		if _, err := e.service.OpenImage(ctx, queued); !fault.Is(err, fault.Conflict) {
			e.t.Errorf("open a queued image: %v", err)
		}
		if _, err := e.service.Image(ctx, queued, callers["other"]); !fault.Is(err, fault.NotFound) {
			e.t.Errorf("another project's image: %v", err)
		}
	})
}

// zeros is n bytes of zeros.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), z.n)]
	clear(p)
	z.n -= int64(len(p))
	return len(p), nil
}

func TestLargeImageKeepsMemoryFlat(t *testing.T) {
	const size = 300 << 20
	e := serve(t, storetest.Open(t, storetest.SQLite(t)), t.TempDir(), image.Limits{})
	id := e.create("demo", raw)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	e.want(204, e.upload("demo", id, &zeros{size}))
	up := time.Since(start)
	start = time.Now()
	req, err := http.NewRequestWithContext(t.Context(), "GET", e.url+"/v2/images/"+id+"/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", "demo")
	resp, err := e.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if n != size || err != nil {
		t.Errorf("downloaded %d bytes, %v", n, err)
	}
	down := time.Since(start)
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 48<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	t.Logf("upload %.0f MB/s, download %.0f MB/s", size/1e6/up.Seconds(), size/1e6/down.Seconds())
	if i := e.show("demo", id); i["size"] != float64(size) || i["status"] != "active" {
		t.Errorf("%v", i)
	}
}

// FuzzPatchImage: whatever a patch says, the answer is no 5xx and what only
// the server sets stays.
func FuzzPatchImage(f *testing.F) {
	for _, seed := range []string{
		`[{"op": "replace", "path": "/name", "value": "u"}, {"op": "remove", "path": "/x"}]`,
		`[{"add": "/tags", "value": ["a"]}, {"replace": "/min_disk", "value": 5}]`,
		`[{"op":"add","path":"/kernel_id","value":null}]`, `[{"op":"add","path":"/status","value":"active"}]`, `{}`, `[[]]`,
	} {
		f.Add([]byte(seed))
	}
	e := serve(f, storetest.Open(f, storetest.SQLite(f)), f.TempDir(), image.Limits{})
	id := e.create("demo", raw)
	e.want(204, e.upload("demo", id, "x"))
	want := e.show("demo", id)
	f.Fuzz(func(t *testing.T, body []byte) {
		e := *e
		e.t = t
		if r := e.patch("demo", id, string(body)); r.status >= 500 {
			t.Fatalf("%d %s", r.status, r.body)
		}
		got := e.show("demo", id)
		for _, name := range []string{"id", "status", "size", "checksum", "os_hash_value", "owner", "disk_format", "file", "created_at"} {
			if got[name] != want[name] {
				t.Fatalf("%s became %v", name, got[name])
			}
		}
	})
}
