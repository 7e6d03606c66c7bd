package image_test

import (
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/service/image"
)

// TestFullDisk: a disk that takes no more (a limit on the size of files stands
// for it) leaves nothing half made.
func TestFullDisk(t *testing.T) {
	e := serve(t, storetest.Open(t, storetest.SQLite(t)), t.TempDir(), image.Limits{})
	id := e.create("demo", raw)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 16 << 20 // more than the database needs
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &low); err != nil {
		t.Skip("this system does not let a process limit its files: ", err)
	}
	r := e.upload("demo", id, &zeros{20 << 20})
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if e.want(413, r); !strings.Contains(string(r.body), "storage is full") {
		t.Errorf("%s", r.body)
	}
	if i := e.show("demo", id); i["status"] != "queued" {
		t.Errorf("%v", i)
	}
	if files := e.files(); len(files) != 0 {
		t.Errorf("left over: %q", files)
	}
	e.want(204, e.upload("demo", id, &zeros{20 << 20}))
}
