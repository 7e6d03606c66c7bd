package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are all Markdown files whose links and names are looked at.
func documents(t *testing.T) []document {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(paths) < 5 {
		t.Fatalf("documents: %v, %v", paths, err)
	}
	var all []document
	for _, path := range append(paths, root+"/README.md", root+"/README.zh-CN.md") {
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, read(t, filepath.ToSlash(name)))
	}
	return all
}

// pairs are documents with their translations.
var pairs = [...][2]string{
	{"docs/walkthrough.md", "docs/walkthrough.zh-CN.md"},
	{"README.md", "README.zh-CN.md"},
}

// TestTranslations wants both languages to have the same blocks, links and names in the same order. Only maps and
// tables in words (```text) may differ.
func TestTranslations(t *testing.T) {
	for _, pair := range pairs {
		one, other := facts(read(t, pair[0])), facts(read(t, pair[1]))
		for i := range max(len(one), len(other)) {
			if i >= len(one) || i >= len(other) || one[i] != other[i] {
				t.Errorf("%s and %s are not the same from fact %d on:\n%s\n%s", pair[0], pair[1], i+1,
					strings.Join(one[min(i, len(one)):min(i+1, len(one))], ""), strings.Join(other[min(i, len(other)):min(i+1, len(other))], ""))
				break
			}
		}
	}
}

func facts(d document) []string {
	var all []string
	for _, b := range d.blocks {
		if b.language != "text" {
			all = append(all, b.language+" "+b.file+"\n"+b.text)
		}
	}
	for _, m := range append(here.FindAllString(d.text, -1), there.FindAllString(d.text, -1)...) {
		all = append(all, strings.Join(code.FindAllString(m, -1), " ")+" "+link.FindString(m))
	}
	return all
}

var (
	link = regexp.MustCompile(`\]\(([^)\s#]+)[^)\s]*\)`)
	code = regexp.MustCompile("`[^`]+`")
	// names are those in code that follow something, with commas of either language between them.
	here  = regexp.MustCompile("\\]\\(([^)\\s#]+\\.go)\\)((?:[ ,、，]*`[^`\n]+`)+)")
	there = regexp.MustCompile("`((?:novaclient|nova|keystoneauth1|keystonemiddleware)/[\\w/]+\\.py)`((?:[ ,、，]*`\\w+`)+)")
)

func TestLinks(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(d.name), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", d.name, m[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d links were found", found)
	}
}

func TestNames(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, m := range here.FindAllStringSubmatch(d.text, -1) {
			declared := declarations(t, filepath.Join(root, filepath.Dir(d.name), m[1]))
			for _, name := range code.FindAllString(m[2], -1) {
				found++
				if !slices.Contains(declared, strings.Trim(name, "`")) {
					t.Errorf("%s says that %s is in %s: it is not", d.name, name, m[1])
				}
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d names were found", found)
	}
}

// declarations are the names of what a Go file declares at its top level; methods as Type.Method.
func declarations(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return nil
	}
	var names []string
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names = append(names, receiver(d)+d.Name.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.Name + "."
		default:
			return ""
		}
	}
}

// pythonPackages is where Debian has OpenStack's source.
const pythonPackages = "/usr/lib/python3/dist-packages"

func TestNamesOfOpenStack(t *testing.T) {
	for _, needed := range [...]string{"novaclient", "nova", "keystoneauth1", "keystonemiddleware"} {
		if _, err := os.Stat(filepath.Join(pythonPackages, needed)); err != nil {
			t.Skipf("%s is not installed: %v", needed, err)
		}
	}
	found := 0
	for _, d := range documents(t) {
		for _, m := range there.FindAllStringSubmatch(d.text, -1) {
			source, err := os.ReadFile(filepath.Join(pythonPackages, m[1]))
			if err != nil {
				t.Errorf("%s: %v", d.name, err)
				continue
			}
			for _, name := range code.FindAllString(m[2], -1) {
				found++
				defined := regexp.MustCompile(`(?m)^\s*(?:(?:def|class) ` + strings.Trim(name, "`") + `\b|` + strings.Trim(name, "`") + ` = )`)
				if !defined.Match(source) {
					t.Errorf("%s says that %s is in %s: it is not", d.name, name, m[1])
				}
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d names were found", found)
	}
}
