package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// serverMatch says how a filter of GET /servers looks at a server: a column or
// expression that is never NULL, compared exactly or as a regular expression.
type serverMatch struct {
	expr  string
	exact bool
}

// serverMatches are the filters that compare one value, by API name
// (spec/nova-errors.md section 8). Times and flags are compared in the text
// that Nova's database has.
func (r Reader) serverMatches() map[string]serverMatch {
	return map[string]serverMatch{
		"project_id":        {"project_id", true},
		"user_id":           {"user_id", true},
		"uuid":              {"id", true},
		"image":             {"image_id", true},
		"flavor":            {"flavor_id", true},
		"host":              {"host", true},
		"vm_state":          {"vm_state", true},
		"task_state":        {"task_state", true},
		"name":              {"name", false},
		"description":       {"COALESCE(description, '')", false},
		"node":              {"node", false},
		"hostname":          {"hostname", false},
		"reservation_id":    {"reservation_id", false},
		"availability_zone": {"zone", false},
		"config_drive":      {"CASE WHEN config_drive THEN 'True' ELSE '' END", false},
		"key_name":          {"key_name", false},
		"created_at":        {r.timeText("created_at"), false},
		"launched_at":       {"COALESCE(" + r.timeText("launched_at") + ", '')", false},
		"terminated_at":     {"COALESCE(" + r.timeText("terminated_at") + ", '')", false},
		"power_state":       {"CAST(power_state AS TEXT)", false},
		"progress":          {"CAST(progress AS TEXT)", false},
		"launch_index":      {"CAST(launch_index AS TEXT)", false},
		"kernel_id":         {"kernel_id", false},
		"ramdisk_id":        {"ramdisk_id", false},
		"root_device_name":  {"root_device", false},
		"locked_by":         {"locked_by", false},
		"access_ip_v4":      {"access_ip_v4", false},
		"access_ip_v6":      {"access_ip_v6", false},
		"auto_disk_config":  {"CASE WHEN disk_config = 'AUTO' THEN '1' ELSE '0' END", false},
	}
}

// serverKeys are the sort keys of GET /servers (spec/nova-errors.md section 8).
var serverKeys = keyset{
	table: "servers",
	id:    "id",
	columns: map[string]string{
		"access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6", "auto_disk_config": "disk_config",
		"availability_zone": "zone", "config_drive": "config_drive", "created_at": "created_at",
		"display_description": "COALESCE(description, '')", "display_name": "name", "host": "host", "hostname": "hostname",
		"image_ref": "image_id", "instance_type_id": "flavor_id", "kernel_id": "kernel_id", "key_name": "key_name",
		"launch_index": "launch_index", "launched_at": "COALESCE(launched_at, 0)", "locked": "locked", "locked_by": "locked_by",
		"node": "node", "power_state": "power_state", "progress": "progress", "project_id": "project_id",
		"ramdisk_id": "ramdisk_id", "root_device_name": "root_device", "task_state": "task_state",
		"terminated_at": "COALESCE(terminated_at, 0)", "updated_at": "updated_at", "user_id": "user_id", "uuid": "id",
		"vm_state": "vm_state", "number": "number",
	},
}

// ServerFilter says which servers a list holds. The zero filter is all, deleted
// ones included.
type ServerFilter struct {
	Match         map[string]string // filter of one value, by its API name; an unknown name is an error of the program
	VMStates      []cloud.VMState   // nil: any
	TaskStates    []cloud.TaskState // nil: any
	IP, IP6       string            // part of an address, or a regular expression from its start; either fits
	Tags          []string          // all of them
	TagsAny       []string          // one of them
	NotTags       []string          // not all of them
	NotTagsAny    []string          // none of them
	Locked        *bool
	Since, Before time.Time // by the last change
	Deleted       *bool     // only those that are, or are not, deleted; nil: both
	SoftDeleted   bool      // with Deleted false: show those that can be restored too
	Page                    // without sort keys: the newest first
}

// ServerBrief is what a list without details shows of a server.
type ServerBrief struct{ ID, Name string }

// Servers returns a page of the servers that filter lets through. An unknown
// marker and a bad regular expression are fault.BadRequest. Boot, Files and
// PublicKey are left out.
func (r Reader) Servers(ctx context.Context, filter ServerFilter) ([]cloud.Server, error) {
	flavors := map[string]cloud.Flavor{}
	return listServers(ctx, r, func(rw row) (s cloud.Server, err error) {
		err = scanServerInto(rw, &s, seenJSON[cloud.Flavor]{&s.Flavor, flavors})
		return s, err
	}, listedColumns(), filter)
}

// listedColumns are serverColumns with nothing in the place of what no list
// shows and may be long: what the guest boots from, its files and its key.
func listedColumns() string {
	columns := strings.FieldsFunc(serverColumns, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
	for i, column := range columns {
		switch column {
		case "boot", "files":
			columns[i] = "'null'"
		case "public_key":
			columns[i] = "''"
		}
	}
	return strings.Join(columns, ", ")
}

// seenJSON is a JSON column whose documents recur from row to row: each is read
// once, and rows with the same share it.
type seenJSON[T any] struct {
	into *T
	seen map[string]T
}

// Scan implements sql.Scanner.
func (j seenJSON[T]) Scan(src any) error {
	text, isText := src.(string)
	if v, ok := j.seen[text]; ok && isText {
		*j.into = v
		return nil
	}
	err := asJSON(j.into).Scan(src)
	if err == nil && isText {
		j.seen[text] = *j.into
	}
	return err
}

// ServerBriefs is Servers with less of each.
func (r Reader) ServerBriefs(ctx context.Context, filter ServerFilter) ([]ServerBrief, error) {
	return listServers(ctx, r, func(rw row) (b ServerBrief, err error) {
		err = rw.Scan(&b.ID, &b.Name)
		return b, err
	}, "id, name", filter)
}

func listServers[T any](ctx context.Context, r Reader, scan func(row) (T, error), columns string, f ServerFilter) ([]T, error) {
	s := &selection{base: `SELECT ` + columns + ` FROM servers`}
	if err := f.conditions(r, s); err != nil {
		return nil, err
	}
	if err := f.page(ctx, r, s); err != nil {
		return nil, err
	}
	query, args := s.statement()
	return queryAll(ctx, r, scan, query, args...)
}

// page orders by the keys asked for, then the newest first. Numbers grow with
// every server, so that those made at once keep an order that ids would not
// give.
func (f *ServerFilter) page(ctx context.Context, r Reader, s *selection) error {
	page := f.Page
	if len(page.Sort) == 0 {
		page.Sort = []Sort{{Key: "created_at", Desc: true}}
	}
	page.Sort = append(page.Sort[:len(page.Sort):len(page.Sort)], Sort{Key: "number", Desc: page.Sort[0].Desc})
	if page.Marker != "" {
		// A marker of another project is as unknown as one that never was.
		project, err := queryOne(ctx, r, value[string], `SELECT project_id FROM servers WHERE id = ?`, page.Marker)
		only, scoped := f.Match["project_id"]
		if fault.Is(err, fault.NotFound) || err == nil && scoped && project != only {
			return fault.New(fault.BadRequest, "marker [%s] not found", page.Marker)
		} else if err != nil {
			return err
		}
	}
	return serverKeys.page(ctx, r, s, page)
}

func (f *ServerFilter) conditions(r Reader, s *selection) error {
	if f.Deleted != nil {
		f.deleted(s)
	}
	matches := r.serverMatches()
	for _, name := range slices.Sorted(maps.Keys(f.Match)) { // in order, for the text of the statement to recur
		m, known := matches[name]
		want := f.Match[name]
		switch {
		case !known:
			return fault.New(fault.Internal, "there is no filter %s for servers", name)
		case m.exact:
			s.where(m.expr+" = ?", want)
			continue
		}
		cond, arg, err := r.matches(m.expr, want)
		if err != nil {
			return fault.New(fault.BadRequest, "Invalid input for query parameters %s. Value: %.80s. It is not a regular expression that this cloud takes.", name, want)
		}
		s.where(cond, arg)
	}
	if f.VMStates != nil {
		cond, arg := r.among("vm_state", texts(f.VMStates))
		s.where(cond, arg)
	}
	if f.TaskStates != nil {
		cond, arg := r.among("task_state", texts(f.TaskStates))
		s.where(cond, arg)
	}
	if f.Locked != nil {
		s.where("locked = ?", *f.Locked)
	}
	if !f.Since.IsZero() {
		s.where("updated_at >= ?", micros(f.Since))
	}
	if !f.Before.IsZero() {
		s.where("updated_at <= ?", micros(f.Before))
	}
	f.tags(s)
	return f.addresses(r, s)
}

// deleted keeps servers by whether they are gone. What can be restored counts
// as deleted, unless it is asked for.
func (f *ServerFilter) deleted(s *selection) {
	switch {
	case !*f.Deleted && f.SoftDeleted:
		s.where("deleted_at IS NULL")
	case !*f.Deleted:
		s.where("deleted_at IS NULL")
		s.where("vm_state <> 'soft-delete'")
	default:
		s.where("deleted_at IS NOT NULL OR vm_state = 'soft-delete'")
	}
}

// tags compares with the stored form, in which each tag stands between commas.
func (f *ServerFilter) tags(s *selection) {
	const has = "REPLACE(tags, ?, '') <> tags"
	each := func(tags []string, between, frame string) {
		if len(tags) == 0 {
			return
		}
		cond, args := "", []any{}
		for i, tag := range tags {
			if i > 0 {
				cond += between
			}
			cond += has
			args = append(args, joinTags([]string{tag}))
		}
		s.where(frame+"("+cond+")", args...)
	}
	each(f.Tags, " AND ", "")
	each(f.TagsAny, " OR ", "")
	each(f.NotTags, " AND ", "NOT ")
	each(f.NotTagsAny, " OR ", "NOT ")
}

// addresses keeps servers that have an address of one of the two kinds. What
// reads as a piece of an address is looked for anywhere in one, as networks do
// that can search; anything else is a regular expression from the start.
func (f *ServerFilter) addresses(r Reader, s *selection) error {
	cond, args := "", []any{}
	for _, want := range []struct{ name, text, kind string }{{"ip", f.IP, "NOT LIKE"}, {"ip6", f.IP6, "LIKE"}} {
		if want.text == "" {
			continue
		}
		match, arg := "REPLACE(p.ip, ?, '') <> p.ip", any(want.text)
		if !addressPiece(want.text) {
			var err error
			if match, arg, err = r.matches("p.ip", "^(?:"+want.text+")"); err != nil {
				return fault.New(fault.BadRequest, "Invalid input for query parameters %s. Value: %.80s. It is not a regular expression that this cloud takes.", want.name, want.text)
			}
		}
		if cond != "" {
			cond += " OR "
		}
		cond += "EXISTS (SELECT 1 FROM ports p WHERE p.server_id = servers.id AND p.ip " + want.kind + " '%:%' AND " + match + ")"
		args = append(args, arg)
	}
	if cond != "" {
		s.where(cond, args...)
	}
	return nil
}

func addressPiece(text string) bool {
	for _, c := range text {
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if !hex && c != '.' && c != ':' {
			return false
		}
	}
	return true
}

// timeText is the expression for a stored time as text to the second:
// 2026-11-22 13:37:00. NULL stays NULL.
func (r Reader) timeText(column string) string {
	if r.db.engine == postgresEngine {
		return "to_char(to_timestamp(" + column + " / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
	}
	return "strftime('%Y-%m-%d %H:%M:%S', " + column + " / 1000000, 'unixepoch')"
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
