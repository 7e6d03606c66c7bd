package wire

import (
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
)

// Route is one entry of an API's table: how to call it and what goes in and
// out. The server mounts it, the SDK calls it, and the documents, the policy
// list and the contract tests walk it.
//
// In is a struct. Its fields tagged path:"NAME", query:"NAME" or header:"NAME"
// are bound outside the body; one field may be tagged body:"stream" (an
// io.Reader, sent as it is) or body:"json" (the whole body is this field's
// value); all others are members of the JSON body. Out is alike, without path
// and query; an int field tagged status:"code" is the status of a reply whose
// route has several (206 for a part), zero for the route's own.
type Route[In, Out any] struct {
	Name   string // resource and verb: servers.create; unique in the API
	Method string
	Path   string // below the service's root: /servers/{server_id}
	Action string // the one key of the body of POST .../action; the body's members stand below it
	Span   string // the versions that have it: "2.26", "-2.35", "2.3-2.35"
	Gone   bool   // removed: 410 at every version
	Status Status // of success
	Policy Rule
	Public bool // needs no token
	// LooseQuery is the last version that drops unknown query parameters
	// silently; later ones refuse them. "always" drops them at every version.
	LooseQuery string
}

// Rule is a policy rule and its default in the oslo.policy language. The zero
// Rule lets everyone in who has a valid token.
type Rule struct{ Name, Default string }

// Info is what a Route is, without its type parameters.
type Info struct {
	Name, Method, Path, Action string
	Span                       Span
	Gone, Public               bool
	Status                     Status
	Policy                     Rule
	LooseQuery                 string
	In, Out                    reflect.Type
}

// Endpoint is any Route.
type Endpoint interface {
	Info() Info
	// CheckCall reads a request as ReadCall does, and says only what is wrong with it.
	CheckCall(v Version, path func(string) string, query url.Values, header http.Header, body []byte) error
	// CheckReply reads a reply as ReadReplyStrict does, and says only what is wrong with it.
	CheckReply(v Version, header http.Header, body []byte) error
}

// Info describes the route; it panics when the table entry is malformed.
func (r Route[In, Out]) Info() Info {
	span, err := ParseSpan(r.Span)
	if err != nil {
		panic("wire: route " + r.Name + ": " + err.Error())
	}
	return Info{
		Name: r.Name, Method: r.Method, Path: r.Path, Action: r.Action, Span: span, Gone: r.Gone, Public: r.Public,
		Status: r.Status, Policy: r.Policy, LooseQuery: r.LooseQuery,
		In: reflect.TypeFor[In](), Out: reflect.TypeFor[Out](),
	}
}

// DropsQuery reports whether unknown query parameters are dropped at v.
func (i Info) DropsQuery(v Version) bool {
	switch {
	case i.LooseQuery == "always" || v.IsZero():
		return true
	case i.LooseQuery == "":
		return false
	}
	return MustVersion(i.LooseQuery).AtLeast(v)
}

// Call is a request in the form that HTTP sends it.
type Call struct {
	Method, Path string // the path is escaped
	Query        url.Values
	Header       http.Header
	Body         []byte    // JSON; nil for none
	Stream       io.Reader // instead of Body
}

// Call puts in into the form that HTTP sends at version v. A member that v
// does not have is a *VersionError.
func (r Route[In, Out]) Call(in In, v Version) (*Call, error) {
	b := bindingOf(reflect.TypeFor[In](), v)
	value := reflect.ValueOf(in)
	if err := checkSpans(value, v); err != nil {
		return nil, err
	}
	call := &Call{Method: r.Method, Query: url.Values{}, Header: http.Header{}}
	path := r.Path
	for _, p := range b.path {
		path = strings.Replace(path, "{"+p.name+"}", url.PathEscape(textOf(value.Field(p.index))), 1)
	}
	call.Path = path
	for _, p := range b.query {
		addTexts(call.Query, p.name, value.Field(p.index))
	}
	for _, p := range b.header {
		addTexts(call.Header, http.CanonicalHeaderKey(p.name), value.Field(p.index))
	}
	if b.stream >= 0 {
		call.Stream, _ = value.Field(b.stream).Interface().(io.Reader)
		return call, nil
	}
	if !b.hasBody() && r.Action == "" {
		return call, nil
	}
	var body []byte
	if r.Action != "" {
		body = append(appendString([]byte{'{'}, r.Action), ':')
	}
	body, err := b.encodeBody(body, value)
	if err != nil {
		return nil, err
	}
	if r.Action != "" {
		body = append(body, '}')
	}
	call.Body = body
	return call, nil
}

// ReadCall reads a request strictly. path gives path parameters by name; body
// is the whole body, for an action the value below its key.
func (r Route[In, Out]) ReadCall(v Version, path func(string) string, query url.Values, header http.Header, body []byte, stream io.Reader) (In, error) {
	var in In
	b := bindingOf(reflect.TypeFor[In](), v)
	value := reflect.ValueOf(&in).Elem()
	for _, p := range b.path {
		if err := setText(value.Field(p.index), []string{path(p.name)}, p.rules); err != nil {
			return in, within(refuse(err, []byte(path(p.name))), p.name)
		}
	}
	if err := b.readQuery(value, query, r.Info().DropsQuery(v)); err != nil {
		return in, err
	}
	for _, p := range b.header {
		if values := header.Values(p.name); len(values) > 0 {
			if err := setText(value.Field(p.index), values, p.rules); err != nil {
				return in, within(err, p.name)
			}
		}
	}
	if b.stream >= 0 {
		if stream != nil {
			value.Field(b.stream).Set(reflect.ValueOf(stream))
		}
		return in, nil
	}
	if !b.hasBody() {
		return in, nil
	}
	if err := b.decodeBody(body, value, true); err != nil && r.Action != "" {
		return in, within(err, r.Action)
	} else if err != nil {
		return in, err
	}
	return in, nil
}

// Reply is a reply in the form that HTTP sends it.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte // JSON; nil for none
	Stream io.ReadCloser
}

// Reply puts out into the form that HTTP sends at version v.
func (r Route[In, Out]) Reply(out Out, v Version) (*Reply, error) {
	b := bindingOf(reflect.TypeFor[Out](), v)
	value := reflect.ValueOf(out)
	reply := &Reply{Status: r.Status.At(v), Header: http.Header{}}
	if b.status >= 0 && !value.Field(b.status).IsZero() {
		reply.Status = int(value.Field(b.status).Int())
	}
	for _, p := range b.header {
		addTexts(reply.Header, http.CanonicalHeaderKey(p.name), value.Field(p.index))
	}
	if b.stream >= 0 {
		reply.Stream, _ = value.Field(b.stream).Interface().(io.ReadCloser)
		return reply, nil
	}
	if !b.hasBody() {
		return reply, nil
	}
	// The last reply says how large this one may be: a list of a thousand need
	// not grow from nothing.
	body, err := b.encodeBody(make([]byte, 0, max(1024, b.last.Load())), value)
	b.last.Store(int64(len(body)) + int64(len(body))/8)
	reply.Body = body
	return reply, err
}

// ReadReply reads a reply leniently: what the contract does not know is passed
// over. stream is given where Out has a body:"stream" field.
func (r Route[In, Out]) ReadReply(v Version, header http.Header, body []byte, stream io.ReadCloser) (Out, error) {
	return r.readReply(v, header, body, stream, false)
}

// ReadReplyStrict reads a reply and refuses what the contract does not know;
// contract tests use it.
func (r Route[In, Out]) ReadReplyStrict(v Version, header http.Header, body []byte) (Out, error) {
	return r.readReply(v, header, body, nil, true)
}

func (r Route[In, Out]) readReply(v Version, header http.Header, body []byte, stream io.ReadCloser, strict bool) (Out, error) {
	var out Out
	b := bindingOf(reflect.TypeFor[Out](), v)
	value := reflect.ValueOf(&out).Elem()
	for _, p := range b.header {
		if values := header.Values(p.name); len(values) > 0 {
			if err := setText(value.Field(p.index), values, p.rules); err != nil && strict {
				return out, within(err, p.name)
			}
		}
	}
	if b.stream >= 0 {
		if stream != nil {
			value.Field(b.stream).Set(reflect.ValueOf(stream))
		}
		return out, nil
	}
	if !b.hasBody() || len(body) == 0 && !strict {
		return out, nil
	}
	return out, b.decodeBody(body, value, strict)
}

// CheckCall reads a request strictly and says what is wrong with it.
func (r Route[In, Out]) CheckCall(v Version, path func(string) string, query url.Values, header http.Header, body []byte) error {
	_, err := r.ReadCall(v, path, query, header, body, nil)
	return err
}

// CheckReply reads a reply strictly and says what is wrong with it.
func (r Route[In, Out]) CheckReply(v Version, header http.Header, body []byte) error {
	_, err := r.ReadReplyStrict(v, header, body)
	return err
}

// Streams reports whether a reply is handed over unread.
func (r Route[In, Out]) Streams() bool {
	return bindingOf(reflect.TypeFor[Out](), Version{}).stream >= 0
}

// TakesStream reports whether a request's body is handed over unread.
func (i Info) TakesStream() bool { return bindingOf(i.In, Version{}).stream >= 0 }

// TakesBody reports whether a request has a JSON body at v.
func (i Info) TakesBody(v Version) bool { return i.Action != "" || bindingOf(i.In, v).hasBody() }

// ActionKey reads the body of a POST .../action: its one key and the text of
// the value below it.
func ActionKey(body []byte) (key string, value []byte, err error) {
	s := scanner{data: body}
	if s.peek() != '{' {
		if _, err := s.value(); err != nil {
			return "", nil, err
		}
		return "", nil, &Invalid{Text: "Malformed request body: an action is an object with one key, its name"}
	}
	keys := 0
	err = s.object(func(k []byte) error {
		keys++
		key = string(k)
		var err error
		value, err = s.value()
		return err
	})
	if err == nil {
		err = s.end()
	}
	if err == nil && keys != 1 {
		err = &Invalid{Text: "Malformed request body: an action is an object with one key, its name"}
	}
	return key, value, err
}

// binding is where the fields of an In or Out go at one version.
type binding struct {
	path, query, header []param
	stream              int    // field index, -1 for none
	whole               int    // field index of body:"json", -1 for none
	status              int    // field index of status:"code", -1 for none
	body                *codec // of the struct's JSON members, or of the whole field

	last atomic.Int64 // room that the last reply of this shape would have wanted, in bytes
}

type param struct {
	name  string
	index int
	rules *rules
	typ   reflect.Type
}

func (b *binding) hasBody() bool { return b.whole >= 0 || len(b.body.fields) > 0 }

func (b *binding) encodeBody(buf []byte, value reflect.Value) ([]byte, error) {
	switch {
	case b.whole >= 0:
		return b.body.encode(buf, value.Field(b.whole))
	case len(b.body.fields) == 0:
		return append(buf, "null"...), nil
	}
	return b.body.encode(buf, value)
}

func (b *binding) decodeBody(body []byte, value reflect.Value, strict bool) error {
	if b.whole >= 0 {
		value = value.Field(b.whole)
	}
	return decodeWith(b.body, body, value, strict)
}

var bindings sync.Map // planKey -> *binding; a cache as plans is

func bindingOf(t reflect.Type, v Version) *binding {
	key := planKey{t, v}
	if b, ok := bindings.Load(key); ok {
		return b.(*binding)
	}
	b, _ := bindings.LoadOrStore(key, bind(t, v))
	return b.(*binding)
}

func bind(t reflect.Type, v Version) *binding {
	b := &binding{stream: -1, whole: -1, status: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, err := readTag(f)
		if err != nil {
			panic("wire: " + t.String() + "." + f.Name + ": " + err.Error())
		}
		if !tag.span.Has(v) {
			continue
		}
		p := param{tag.param, i, &tag.rules, f.Type}
		switch tag.outside {
		case "path":
			b.path = append(b.path, p)
		case "query":
			b.query = append(b.query, p)
		case "header":
			b.header = append(b.header, p)
		case "status":
			b.status = i
		case "body":
			if tag.param == "stream" {
				b.stream = i
			} else {
				b.whole = i
				b.body = compile(f.Type, v, &tag.rules)
			}
		}
	}
	if b.whole < 0 {
		b.body = planOf(t, v)
	}
	return b
}

// Rules lists the policy rules of an API: the base ones, then each route's,
// every name once.
func Rules(base []Rule, routes []Endpoint) []Rule {
	var all []Rule
	seen := map[string]bool{"": true}
	add := func(r Rule) {
		if !seen[r.Name] {
			seen[r.Name] = true
			all = append(all, r)
		}
	}
	for _, r := range base {
		add(r)
	}
	for _, e := range routes {
		add(e.Info().Policy)
	}
	return all
}
