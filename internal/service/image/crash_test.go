package image_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/service/image"
)

const crashDir = "NOVALET_TEST_IMAGE_CRASH" // tells the child process where to work

// TestKillWhileUploading kills a process in the middle of an upload, and looks
// at what the next start makes of it.
func TestKillWhileUploading(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		uploadForEver(t, dir)
		return
	}
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillWhileUploading$")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	id := ""
	for lines := bufio.NewScanner(out); id == "" && lines.Scan(); {
		if id, _ = strings.CutPrefix(lines.Text(), "uploading "); id == lines.Text() {
			id = ""
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed, as asked
	if id == "" {
		t.Fatal("the child did not come to its upload")
	}

	images := filepath.Join(dir, "images")
	half, err := filepath.Glob(filepath.Join(images, "uploads", "*"))
	if err != nil || len(half) != 1 {
		t.Fatalf("half an upload should be there: %q %v", half, err)
	}
	db := storetest.Open(t, "sqlite:"+filepath.Join(dir, "cloud.db"))
	if i, err := db.Image(t.Context(), id); err != nil || i.Status != cloud.ImageSaving {
		t.Errorf("before the start: %+v %v", i, err)
	}
	e := serve(t, db, images, image.Limits{})
	if i := e.show("demo", id); i["status"] != "queued" {
		t.Errorf("%v", i)
	}
	if files := e.files(); len(files) != 0 {
		t.Errorf("left over: %q", files)
	}
	if n, err := db.ImageBytes(t.Context(), "p-demo"); n != 0 || err != nil {
		t.Errorf("%d bytes are counted, %v", n, err)
	}
	e.want(204, e.upload("demo", id, "again"))
}

func uploadForEver(t *testing.T, dir string) {
	e := serve(t, storetest.Open(t, "sqlite:"+filepath.Join(dir, "cloud.db")), filepath.Join(dir, "images"), image.Limits{})
	id := e.create("demo", raw)
	first := e.slowUpload("demo", id, 3<<20)
	fmt.Printf("uploading %s\n", id)
	_, _ = io.Copy(first.w, neverEnding{})
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { select {} }
