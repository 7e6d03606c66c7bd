package out

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata/cases.json anew, with what novaclient prints")

// question is something to print, as testdata/oracle.py and our Printer are both asked.
type question struct {
	What    string   `json:"what"` // "list", "object" or "timings"
	Format  Format   `json:"format"`
	Columns []string `json:"columns,omitempty"`
	Rows    [][]any  `json:"rows"`
	Raw     []string `json:"raw,omitempty"` // columns that a formatter shows as they are
	Sort    *int     `json:"sort,omitempty"`
	Object  Object   `json:"object"`
	Wrap    int      `json:"wrap,omitempty"`
	Ours    string   `json:"ours,omitempty"`
}

// MarshalJSON writes 1.0 as a float, unlike encoding/json.
func (q question) MarshalJSON() ([]byte, error) {
	type bare question
	rows := make([]any, len(q.Rows))
	for i := range q.Rows {
		rows[i] = q.Rows[i]
	}
	return json.Marshal(struct {
		bare
		Rows json.RawMessage `json:"rows"`
	}{bare(q), json.RawMessage(JSON(rows))})
}

// UnmarshalJSON keeps members in order and numbers of their kind.
func (q *question) UnmarshalJSON(data []byte) error {
	type bare question
	if err := json.Unmarshal(data, (*bare)(q)); err != nil {
		return err
	}
	var again struct{ Rows [][]json.RawMessage }
	if err := json.Unmarshal(data, &again); err != nil {
		return err
	}
	for i, row := range again.Rows {
		for n, cell := range row {
			value, err := Decode(cell)
			if err != nil {
				return err
			}
			q.Rows[i][n] = value
		}
	}
	return nil
}

func (q question) ask(t interface{ Fatal(...any) }) string {
	var b bytes.Buffer
	p := Printer{W: &b, Format: q.Format}
	var err error
	switch q.What {
	case "list":
		l := List{Columns: q.Columns}
		rows := make([][]any, len(q.Rows))
		for i := range q.Rows {
			rows[i] = slices.Clone(q.Rows[i])
			for n, name := range q.Columns {
				if slices.Contains(q.Raw, name) {
					rows[i][n] = Verbatim(rows[i][n])
				}
			}
		}
		l.Rows = Rows(rows...)
		if q.Sort != nil {
			l.SortBy = q.Columns[*q.Sort]
		}
		err = p.List(l)
	case "timings":
		var timings []Timing
		for _, row := range q.Rows {
			seconds, _ := number(plain(row[1]))
			timings = append(timings, Timing{Text(row[0]), seconds})
		}
		err = p.Timings(timings)
	default:
		err = p.Show(q.Object, q.Wrap)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type oracle struct {
	in  io.Writer
	out *bufio.Reader
}

// startOracle skips the test without Debian 12's novaclient.
func startOracle(t *testing.T) *oracle {
	t.Helper()
	const python = "/usr/bin/python3"
	for _, module := range []string{"novaclient", "yaml"} {
		if _, err := os.Stat("/usr/lib/python3/dist-packages/" + module); err != nil {
			t.Skipf("nothing to compare with: %v", err)
		}
	}
	cmd := exec.Command(python, "testdata/oracle.py")
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("oracle: %v\n%s", err, stderr.String())
		}
	})
	return &oracle{in: in, out: bufio.NewReader(out)}
}

func (o *oracle) ask(t interface{ Fatal(...any) }, q question) string {
	line, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reply, err := o.out.ReadBytes('\n')
	if err != nil {
		t.Fatal("the oracle gave up on ", string(line), err)
	}
	var text string
	if err := json.Unmarshal(reply, &text); err != nil {
		t.Fatal(err)
	}
	return text
}

var texts = rapid.SampledFrom([]string{
	"", "a", "vm-1", "ACTIVE", "None", "-", "日本語", "ｆｕｌｌ", "e\u0301", "a\u200bb", "😀", "line one\nline two", "\n", "a\r\nb",
	`Traceback\n  File "x"\nError`, "tab\there", "\x1b[31mred\x1b[0m", "\x1b(B", "bell\x07", "\x00", "it's", `say "hi"`, "a,b", `back\slash`,
	"a long text of many-words that has to be wrapped -- somewhere", "yes", "1", "1.5", "12:30", "2020-01-01T00:00:00Z", "null", " pad ", "#c", "k: v",
	"\u0085", "\u009b31m", "\x7f", "é", "private=10.0.0.2, fd00::2", "- dash", "", "key=val", "~", "\u2028", "%", "[", "{}", "!x", "&a", "*", "|", ">",
})

func drawScalar(t *rapid.T) any {
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.IntRange(-5, 1<<40).Draw(t, "int")
	case 3:
		return rapid.SampledFrom([]float64{0.5, 1, -2.25, 1e16, 1e-7, 123456.789, 1e300}).Draw(t, "float")
	}
	return texts.Draw(t, "text")
}

func drawValue(t *rapid.T, depth int) any {
	switch n := rapid.IntRange(0, 7).Draw(t, "shape"); {
	case n == 0 && depth > 0:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawValue(t, depth-1))
		}
		return list
	case n == 1 && depth > 0:
		return drawObject(t, depth-1)
	}
	return drawScalar(t)
}

func drawObject(t *rapid.T, depth int) Object {
	object := Object{}
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "name", "OS-EXT-STS:vm_state", "é", "it's", "a b", "日本", "null", "1"}), 0, 5, rapid.ID).Draw(t, "keys") {
		object = append(object, Member{key, drawValue(t, depth)})
	}
	return object
}

func drawQuestion(t *rapid.T) question {
	q := question{What: rapid.SampledFrom([]string{"list", "list", "object", "timings"}).Draw(t, "what")}
	q.Format = rapid.SampledFrom([]Format{FormatTable, FormatTable, FormatTable, FormatJSON, FormatCSV, FormatValue}).Draw(t, "format")
	switch q.What {
	case "object":
		if q.Format != FormatTable {
			q.Format = FormatJSON
		}
		q.Object = drawObject(t, 2)
		q.Wrap = rapid.SampledFrom([]int{0, 0, 1, 7, 30, 80}).Draw(t, "wrap")
	case "timings":
		q.Format = FormatTable
		for range rapid.IntRange(0, 3).Draw(t, "calls") {
			q.Rows = append(q.Rows, []any{"GET http://127.0.0.1/v2.1", rapid.Float64Range(0, 3).Draw(t, "seconds")})
		}
	default:
		q.Columns = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ID", "Name", "Task State", "サーバ", "url", "Memory_MiB"}), 1, 4, rapid.ID).Draw(t, "columns")
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			row := make([]any, len(q.Columns))
			for i := range row {
				row[i] = drawValue(t, 2)
			}
			q.Rows = append(q.Rows, row)
		}
		if q.Format == FormatTable {
			if rapid.IntRange(0, 2).Draw(t, "formatted") == 0 {
				q.Raw = q.Columns[:1]
			} else if rapid.Bool().Draw(t, "sorted") {
				n := rapid.IntRange(0, len(q.Columns)-1).Draw(t, "sort")
				q.Sort = &n
			}
		}
	}
	return q
}

func TestAgainstPython(t *testing.T) {
	o := startOracle(t)
	t.Run("same bytes", func(t *testing.T) { sameBytes(t, o) })
	t.Run("YAML reads back", func(t *testing.T) { yamlReadsBack(t, o) })
}

// Whatever there is to print, novaclient and ours print the same bytes.
func sameBytes(t *testing.T, o *oracle) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		if want, got := o.ask(t, q), q.ask(t); want != got {
			line, _ := json.Marshal(q)
			t.Fatalf("%s\nwant\n%s\ngot\n%s\n%q\n%q", line, want, got, want, got)
		}
	})
}

// PyYAML reads our YAML as what it was.
func yamlReadsBack(t *testing.T, o *oracle) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		if q.What == "timings" {
			return
		}
		q.Format, q.Sort = FormatYAML, nil
		q.Ours = q.ask(t)
		reply := o.ask(t, q)
		got, err := Decode([]byte(reply))
		if err != nil {
			t.Fatal(err)
		}
		var want any = q.Object
		if q.What == "list" {
			items := []any{}
			for _, row := range q.Rows {
				items = append(items, named(q.Columns, row))
			}
			want = items
		}
		if a, b := sortedText(want), sortedText(got); a != b {
			t.Fatalf("%s\nwant %s\ngot  %s", q.Ours, a, b)
		}
	})
}

// sortedText is a value with its objects sorted at all depths, for comparison.
func sortedText(value any) string {
	return JSON(sortDeep(value))
}

func sortDeep(value any) any {
	switch value := plain(value).(type) {
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = sortDeep(value[i])
		}
		return list
	case Object:
		m := map[string]any{}
		for _, member := range value {
			m[member.Key] = sortDeep(member.Value)
		}
		return sorted(m)
	default:
		return value
	}
}

// The cases are such things with what novaclient printed, kept for machines without it.
func TestCases(t *testing.T) {
	const file = "testdata/cases.json"
	type pair struct {
		Q question
		A string
	}
	if *update {
		o := startOracle(t)
		var out bytes.Buffer
		sep := "[\n"
		for seed := range 250 {
			q := rapid.Custom(drawQuestion).Example(seed)
			line, err := json.Marshal(pair{q, o.ask(t, q)})
			if err != nil {
				t.Fatal(err)
			}
			out.WriteString(sep + string(line))
			sep = ",\n"
		}
		out.WriteString("\n]\n")
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []pair
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if got := c.Q.ask(t); got != c.A {
			t.Errorf("case %d: %+v\nwant\n%s\ngot\n%s", i, c.Q, c.A, got)
		}
	}
}
