package nova

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("update", false, "write what is derived from the source anew")

const module = "github.com/novalet/novalet/"

// sources are the packages whose functions are followed.
var sources = [...]string{module + "client", module + "internal/cli/verb", module + "internal/cli/nova"}

// uses is the graph of what mentions what: for a function, method or variable of a package, by its full name, those it
// mentions, in the order of the source. Routes are leaves.
type uses struct {
	edges  map[string][]string
	routes map[string]bool
}

// routesFrom are the routes that can be reached, in the order in which the source comes to them.
func (u *uses) routesFrom(names []string) []string {
	var found []string
	seen := map[string]bool{}
	var walk func(names []string)
	walk = func(names []string) {
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			if u.routes[name] && name != module+"api/compute.ShowVersion" { // which every login asks for
				found = append(found, strings.TrimPrefix(strings.TrimPrefix(name, module+"api/"), module+"internal/cli/nova."))
			}
			walk(u.edges[name])
		}
	}
	walk(names)
	return found
}

// mentioned are the package-level things that a piece of source mentions.
func (u *uses) mentioned(node ast.Node, info *types.Info) []string {
	var names []string
	ast.Inspect(node, func(n ast.Node) bool {
		ident, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		object := info.Uses[ident]
		if object == nil || object.Pkg() == nil || !strings.HasPrefix(object.Pkg().Path(), module) {
			return true
		}
		switch object := object.(type) {
		case *types.Func:
			names = append(names, object.Origin().FullName())
		case *types.Var:
			if object.Parent() != object.Pkg().Scope() {
				return true
			}
			name := object.Pkg().Path() + "." + object.Name()
			named, ok := object.Type().(*types.Named)
			if ok && named.Obj().Name() == "Route" && named.Obj().Pkg().Path() == module+"api/wire" {
				u.routes[name] = true
			}
			names = append(names, name)
		}
		return true
	})
	return names
}

// add puts a package into the graph.
func (u *uses) add(files []*ast.File, info *types.Info) {
	for _, file := range files {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				// The tables mention all commands and routes; who reads them runs none.
				table := d.Name.Name == "commands" || d.Name.Name == "calls"
				if function, ok := info.Defs[d.Name].(*types.Func); ok && d.Body != nil && !table {
					u.edges[function.FullName()] = u.mentioned(d.Body, info)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					values, ok := spec.(*ast.ValueSpec)
					if !ok {
						continue
					}
					for _, name := range values.Names {
						if object := info.Defs[name]; object != nil && object.Pkg() != nil {
							u.edges[object.Pkg().Path()+"."+object.Name()] = u.mentioned(values, info)
						}
					}
				}
			}
		}
	}
}

// goPackage is what `go list` says of one.
type goPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
}

func goPackages(t *testing.T) map[string]goPackage {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles"}, sources[:]...)...)
	command.Stderr = os.Stderr
	reply, err := command.Output()
	if err != nil {
		t.Skipf("no go tool to list packages with: %v", err)
	}
	packages := map[string]goPackage{}
	for d := json.NewDecoder(bytes.NewReader(reply)); ; {
		var p goPackage
		if err := d.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// TestCalls derives calls.go: the routes that each command can come to call, by following its Run through the source.
// So a command names its routes in one place, its code.
func TestCalls(t *testing.T) {
	packages := goPackages(t)
	files := token.NewFileSet()
	known := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(packages[path].Export) })
	graph := uses{edges: map[string][]string{}, routes: map[string]bool{}}
	commands := map[string][]string{}
	for _, path := range sources {
		var parsed []*ast.File
		for _, name := range packages[path].GoFiles {
			file, err := parser.ParseFile(files, filepath.Join(packages[path].Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, file)
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
		if _, err := (&types.Config{Importer: known}).Check(path, files, parsed, info); err != nil {
			t.Fatal(err)
		}
		graph.add(parsed, info)
		for _, file := range parsed {
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.CompositeLit); ok && isCommand(info.Types[literal].Type) {
					readCommand(t, files, &graph, literal, info, commands)
				}
				return true
			})
		}
	}
	for _, c := range Program().Commands {
		if _, ok := commands[c.Name]; !ok {
			t.Errorf("the name of %s is no constant in a table entry: its calls cannot be told", c.Name)
		}
	}
	want := writeCalls(t, &graph, commands)
	if *rewrite {
		if err := os.WriteFile("calls.go", want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("calls.go")
	if err != nil || !bytes.Equal(have, want) {
		t.Error("calls.go is not what the source says: go test ./internal/cli/nova -run 'TestCalls$' -update")
	}
}

func isCommand(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "Command" && named.Obj().Pkg().Path() == module+"internal/cli/arg"
}

// readCommand notes what a command's Run mentions.
func readCommand(t *testing.T, files *token.FileSet, graph *uses, literal *ast.CompositeLit, info *types.Info, commands map[string][]string) {
	t.Helper()
	name, mentions := "", []string{}
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch key := pair.Key.(*ast.Ident).Name; key {
		case "Name":
			if value := info.Types[pair.Value].Value; value != nil && value.Kind() == constant.String {
				name = constant.StringVal(value)
			}
		case "Run":
			mentions = graph.mentioned(pair.Value, info)
		}
	}
	if name == "" {
		t.Logf("%s: a command without a constant name", files.Position(literal.Pos()))
		return
	}
	commands[name] = append(commands[name], mentions...)
}

func writeCalls(t *testing.T, graph *uses, commands map[string][]string) []byte {
	t.Helper()
	var body bytes.Buffer
	imports := map[string]bool{"wire": true}
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		routes := graph.routesFrom(commands[name])
		if len(routes) == 0 {
			continue
		}
		for _, route := range routes {
			if pkg, _, ok := strings.Cut(route, "."); ok {
				imports[pkg] = true
			}
		}
		fmt.Fprintf(&body, "case %q:\nreturn []wire.Endpoint{%s}\n", name, strings.Join(routes, ", "))
	}
	var file bytes.Buffer
	file.WriteString("// Code generated from the source of the commands by go test ./internal/cli/nova -run 'TestCalls$' -update; DO NOT EDIT.\n\npackage nova\n\nimport (\n")
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		fmt.Fprintf(&file, "%q\n", module+"api/"+pkg)
	}
	file.WriteString(")\n\n// calls are the routes that a command can come to call, in the order in which its code comes to them.\n" +
		"func calls(command string) []wire.Endpoint {\nswitch command {\n" + body.String() + "}\nreturn nil\n}\n")
	text, err := format.Source(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return text
}
