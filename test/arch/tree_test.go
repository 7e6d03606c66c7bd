package arch

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/novalet/novalet"
)

// file is a text file of the repository.
type file struct {
	name string // below the root, with slashes
	text string
}

// skipped are folders that hold what is built or kept, not source (.gitignore
// has the same).
var skipped = []string{".git", ".cloud", ".cache", "bin"}

// files reads every text file of the repository. It opens them itself, so that
// Go's test cache knows what the verdict depends on.
func files(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below := filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator)))
		switch {
		case d.IsDir() && slices.Contains(skipped, below):
			return filepath.SkipDir
		case !d.Type().IsRegular() || strings.HasSuffix(below, ".test") || strings.HasSuffix(below, ".prof"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !bytes.Contains(text[:min(len(text), 1024)], []byte{0}) {
			all = append(all, file{below, string(text)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d files found below %s", len(all), root)
	}
	return all
}

// imports maps each package of the module, named below the module's root, to
// what its own files import: packages of the module likewise, others in full,
// the standard library not at all. Files for every system count; tests do not.
func imports(t *testing.T, all []file) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	for _, f := range all {
		if !strings.HasSuffix(f.name, ".go") || strings.HasSuffix(f.name, "_test.go") || strings.Contains(f.name, "testdata/") {
			continue
		}
		pkg := path.Dir(f.name)
		if packages[pkg] == nil {
			packages[pkg] = []string{}
		}
		for _, name := range importsOf(t, f) {
			name = strings.TrimPrefix(name, module+"/")
			if !slices.Contains(packages[pkg], name) {
				packages[pkg] = append(packages[pkg], name)
			}
		}
	}
	return packages
}

// importsOf lists what one Go file imports, without the standard library.
func importsOf(t *testing.T, f file) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), f.name, f.text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if host, _, _ := strings.Cut(name, "/"); strings.Contains(host, ".") {
			names = append(names, name)
		}
	}
	return names
}
