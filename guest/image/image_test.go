package image

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
	"github.com/google/go-cmp/cmp"
)

func TestBuildIsReproducibleAndLeavesGoodFilesAlone(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "new"), t.TempDir()
	a, err := Build(t.Context(), ".", first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(t.Context(), "..", second)
	if err != nil {
		t.Fatal(err)
	}
	if a != In(first) || b != In(second) {
		t.Errorf("files %+v and %+v", a, b)
	}
	for _, pair := range [][2]string{{a.Kernel, b.Kernel}, {a.Initrd, b.Initrd}, {a.Disk, b.Disk}} {
		if !bytes.Equal(read(t, pair[0]), read(t, pair[1])) {
			t.Errorf("%s differs between two builds", filepath.Base(pair[0]))
		}
	}

	kernel, initrd := inode(t, a.Kernel), inode(t, a.Initrd)
	if err := os.WriteFile(a.Initrd, []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), ".", first); err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(kernel, inode(t, a.Kernel)) {
		t.Error("a good kernel was written again")
	}
	if os.SameFile(initrd, inode(t, a.Initrd)) || !bytes.Equal(read(t, a.Initrd), read(t, b.Initrd)) {
		t.Error("a damaged initrd was left, or mended in place")
	}
	left, err := os.ReadDir(first)
	if err != nil || len(left) != 3 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

func TestPack(t *testing.T) {
	packed, err := pack([]byte("the init"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	r := cpio.NewReader(bytes.NewReader(packed))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = h.Mode.String() + " " + string(content)
	}
	want := map[string]string{
		"dev": "040755 ", "proc": "040755 ", "run": "040755 ", "sys": "040755 ", "init": "0100755 the init",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBuildSaysWhatFailed(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), ".", taken); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("a file in the folder's place: %v", err)
	}
	if _, err := Build(t.Context(), t.TempDir(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "go ") {
		t.Errorf("outside the module: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, ".", t.TempDir()); err == nil {
		t.Error("built with an ended context")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func inode(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
