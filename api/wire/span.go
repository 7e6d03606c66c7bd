package wire

import (
	"fmt"
	"reflect"
	"sync"
)

// VersionError says that a request has a member which its version does not know. The server would drop or refuse it,
// so nothing is sent.
type VersionError struct {
	Field string // with the names of what it stands in: server.tags
	Span  Span   // the versions that have it
	At    Version
}

func (e *VersionError) Error() string {
	if e.At.Less(e.Span.From) {
		return fmt.Sprintf("%s needs version %s or later, and this call is at %s", e.Field, e.Span.From, e.At)
	}
	return fmt.Sprintf("%s ended with version %s, and this call is at %s", e.Field, e.Span.To, e.At)
}

// A misfit lists the members of a struct that a version does not have, and those that may hold such members. A member
// of which the version has another form under the same name is none: callers may fill in both.
type misfit struct {
	index int
	name  string
	span  Span
	inner []misfit // of the struct that the member is or holds; nil when the member itself is not of the version
}

var misfitsOf sync.Map // planKey -> []misfit; a cache as plans is

func misfits(t reflect.Type, v Version) []misfit {
	key := planKey{t, v}
	if found, ok := misfitsOf.Load(key); ok {
		return found.([]misfit)
	}
	found, _ := misfitsOf.LoadOrStore(key, findMisfits(t, v))
	return found.([]misfit)
}

func findMisfits(t reflect.Type, v Version) []misfit {
	var found []misfit
	has := map[[2]string]bool{}
	tags := make([]fieldTag, t.NumField())
	for i := range tags {
		tag, err := readTag(t.Field(i))
		if err != nil {
			panic(fmt.Sprintf("wire: %v.%s: %v", t, t.Field(i).Name, err))
		}
		switch tag.outside {
		case "":
		case "body":
			tag.name = wholeBody
		default:
			tag.name = tag.param
		}
		tags[i] = tag
		if tag.span.Has(v) {
			has[[2]string{tag.outside, tag.name}] = true
		}
	}
	for i, tag := range tags {
		switch inner := structIn(t.Field(i).Type); {
		case !tag.span.Has(v) && !has[[2]string{tag.outside, tag.name}]:
			found = append(found, misfit{index: i, name: tag.name, span: tag.span})
		case inner != nil && tag.span.Has(v):
			if of := findMisfits(inner, v); of != nil {
				found = append(found, misfit{index: i, name: tag.name, inner: of})
			}
		}
	}
	return found
}

// structIn is the contract's struct that a type is or holds; nil when there is none.
func structIn(t reflect.Type) reflect.Type {
	switch {
	case t.Implements(optType):
		return structIn(t.Field(optValue).Type)
	case t.Implements(marshalerType):
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return t
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return structIn(t.Elem())
	}
	return nil
}

const (
	optValue  = 2 // Opt.V
	wholeBody = "the body"
)

// checkSpans refuses a value with members that the version does not have.
func checkSpans(value reflect.Value, v Version) error {
	if v.IsZero() {
		return nil
	}
	return misplaced(value, misfits(value.Type(), v), v)
}

func misplaced(value reflect.Value, all []misfit, v Version) error {
	for _, m := range all {
		field := value.Field(m.index)
		if m.inner != nil {
			if err := eachStruct(field, func(inner reflect.Value) error { return misplaced(inner, m.inner, v) }); err != nil {
				e := err.(*VersionError)
				if m.name != wholeBody {
					e.Field = m.name + "." + e.Field
				}
				return e
			}
		} else if !isEmpty(field) {
			return &VersionError{Field: m.name, Span: m.span, At: v}
		}
	}
	return nil
}

// eachStruct visits the structs that structIn found in a type.
func eachStruct(value reflect.Value, visit func(reflect.Value) error) error {
	if value.Type().Implements(optType) {
		return eachStruct(value.Field(optValue), visit)
	}
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			return eachStruct(value.Elem(), visit)
		}
	case reflect.Slice:
		for i := range value.Len() {
			if err := eachStruct(value.Index(i), visit); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, key := range value.MapKeys() {
			if err := eachStruct(value.MapIndex(key), visit); err != nil {
				return err
			}
		}
	default:
		return visit(value)
	}
	return nil
}
