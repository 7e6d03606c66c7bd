package image

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Page sizes, as Glance has them (limit_param_default, api_limit_max).
const (
	defaultPage = 25
	maxPage     = 1000
)

func (s *Service) list(ctx httpd.Ctx, in image.Query) (out image.Images, err error) {
	params := ctx.URL.Query()
	filter, err := s.filter(ctx, in, params)
	if err != nil {
		return out, err
	}
	images := []cloud.Image{}
	if filter.Limit > 0 {
		if images, err = s.DB.Images(ctx, filter); err != nil {
			return out, err
		}
	}
	for n := range images {
		out.Images = append(out.Images, view(&images[n]))
	}
	params.Del("marker")
	for name, values := range params {
		if name != "tag" && name != "sort_key" && name != "sort_dir" {
			params[name] = values[len(values)-1:]
		}
	}
	out.Schema, out.First = "/v2/schemas/images", listPath(params)
	if len(images) > 0 && len(images) == filter.Limit {
		params.Set("marker", images[len(images)-1].ID)
		out.Next = listPath(params)
	}
	return out, nil
}

func listPath(params url.Values) string {
	if len(params) == 0 {
		return "/v2/images"
	}
	return "/v2/images?" + params.Encode()
}

// filter reads what a list asks for.
func (s *Service) filter(ctx httpd.Ctx, in image.Query, params url.Values) (f store.ImageFilter, err error) {
	f = store.ImageFilter{
		Everything: s.isAdmin(ctx.Caller), ProjectID: ctx.Caller.ProjectID,
		Owner: in.Owner, MD5: in.Checksum, SHA512: in.HashValue, Tags: in.Tags,
		MemberStatus: in.MemberStatus, Visibility: in.Visibility,
		Page: store.Page{Marker: in.Marker, Limit: defaultPage},
	}
	if f.MemberStatus == "" {
		f.MemberStatus = "accepted"
	} else if !slices.Contains([]string{"pending", "accepted", "rejected", "all"}, f.MemberStatus) {
		return f, fault.New(fault.BadRequest, "Invalid status: %.40s. Use pending, accepted, rejected or all.", f.MemberStatus)
	}
	if f.Visibility != "" && !slices.Contains([]string{"public", "private", "shared", "community", "all"}, f.Visibility) {
		return f, fault.New(fault.BadRequest, "Invalid visibility value: %.40s. Use public, private, shared, community or all.", f.Visibility)
	}
	if text, ok := in.Limit.Get(); ok {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil:
			return f, fault.New(fault.BadRequest, "limit param must be an integer")
		case n < 0:
			return f, fault.New(fault.BadRequest, "limit param must be positive")
		}
		f.Limit = min(n, maxPage)
	}
	if f.Sort, err = sorting(in); err != nil {
		return f, err
	}
	for _, list := range [...]struct {
		name, text string
		into       *[]string
	}{
		{"id", in.ID, &f.IDs},
		{"name", in.Name, &f.Names},
		{"status", in.Status, &f.Statuses},
		{"disk_format", in.DiskFormat, &f.DiskFormats},
		{"container_format", in.ContainerFormat, &f.ContainerFormats},
	} {
		if !params.Has(list.name) {
			continue
		}
		if *list.into, err = anyOf(list.name, list.text); err != nil {
			return f, err
		}
	}
	hidden := false
	f.Hidden = &hidden
	for _, flag := range [...]struct {
		name, text string
		into       **bool
	}{{"protected", in.Protected, &f.Protected}, {"os_hidden", in.Hidden, &f.Hidden}} {
		if !params.Has(flag.name) {
			continue
		}
		value := strings.EqualFold(flag.text, "true")
		if !value && !strings.EqualFold(flag.text, "false") {
			return f, fault.New(fault.BadRequest, "Invalid value '%.40s' for '%s' filter. Valid values are 'true' or 'false'.", flag.text, flag.name)
		}
		*flag.into = &value
	}
	for _, number := range [...]struct {
		name string
		text wire.Opt[string]
		into **int64
	}{{"size_min", in.SizeMin, &f.SizeMin}, {"size_max", in.SizeMax, &f.SizeMax}, {"min_ram", in.MinRAM, &f.MinRAM}, {"min_disk", in.MinDisk, &f.MinDisk}} {
		text, ok := number.text.Get()
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return f, fault.New(fault.BadRequest, "Unable to filter on %s with a non-numeric value.", number.name)
		}
		*number.into = &n
	}
	if f.Created, err = timeBounds("created_at", in.CreatedAt); err != nil {
		return f, err
	}
	if f.Updated, err = timeBounds("updated_at", in.UpdatedAt); err != nil {
		return f, err
	}
	f.Properties, err = propertyFilters(params)
	return f, err
}

// sorting reads either form of sort order.
func sorting(in image.Query) ([]store.Sort, error) {
	if in.Sort != "" && (len(in.SortKey) > 0 || len(in.SortDir) > 0) {
		return nil, fault.New(fault.BadRequest, "Old and new sorting syntax cannot be combined")
	}
	var keys, dirs []string
	if in.Sort != "" {
		for part := range strings.SplitSeq(in.Sort, ",") {
			key, dir, _ := strings.Cut(strings.TrimSpace(part), ":")
			if dir == "" {
				dir = "desc"
			}
			keys, dirs = append(keys, key), append(dirs, dir)
		}
	} else {
		keys, dirs = in.SortKey, in.SortDir
		if len(keys) == 0 {
			keys = []string{"created_at"}
		}
		switch {
		case len(dirs) == 0:
			dirs = []string{"desc"}
		case len(dirs) > 1 && len(dirs) != len(keys):
			return nil, fault.New(fault.BadRequest, "Number of sort dirs does not match the number of sort keys")
		}
		for len(dirs) < len(keys) {
			dirs = append(dirs, dirs[0])
		}
	}
	all := make([]store.Sort, 0, len(keys)+1)
	for n, key := range keys {
		if !slices.Contains(sortKeys, key) {
			return nil, fault.New(fault.BadRequest, "Invalid sort key: %.40s. It must be one of the following: %s.", key, strings.Join(sortKeys, ", "))
		}
		if dirs[n] != "asc" && dirs[n] != "desc" {
			return nil, fault.New(fault.BadRequest, "Invalid sort direction: %.40s", dirs[n])
		}
		all = append(all, store.Sort{Key: key, Desc: dirs[n] == "desc"})
	}
	if !slices.Contains(keys, "created_at") {
		all = append(all, store.Sort{Key: "created_at", Desc: all[len(all)-1].Desc})
	}
	return all, nil
}

var sortKeys = []string{"name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"}

// anyOf reads a filter that is one value, or in:a,b for any of several; values
// with a comma in them are quoted: in:"a,b",c.
func anyOf(name, text string) ([]string, error) {
	op, rest, _ := strings.Cut(text, ":")
	switch op {
	case "eq":
		return []string{rest}, nil
	case "in":
	case "gt", "gte", "lt", "lte", "neq":
		return nil, fault.New(fault.BadRequest, "Unable to filter on %s by the operator '%s': use eq or in.", name, op)
	default:
		return []string{text}, nil
	}
	values := []string{}
	for {
		var value string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			end := strings.IndexByte(quoted, '"')
			if end < 0 || end+1 < len(quoted) && quoted[end+1] != ',' {
				return nil, fault.New(fault.BadRequest, "The filter %s has a quote that is not closed before a comma.", name)
			}
			value, rest = quoted[:end], quoted[end+1:]
		} else if comma := strings.IndexByte(rest, ','); comma >= 0 {
			value, rest = rest[:comma], rest[comma:]
		} else {
			value, rest = rest, ""
		}
		values = append(values, value)
		if rest == "" {
			return values, nil
		}
		rest = rest[1:]
	}
}

// timeBounds reads filters such as gt:2026-01-01T00:00:00Z; without an operator
// a time is that second.
func timeBounds(name string, texts []string) ([]store.TimeBound, error) {
	var bounds []store.TimeBound
	for _, text := range texts {
		op, rest, ok := strings.Cut(text, ":")
		if !ok || !slices.Contains([]string{"gt", "gte", "lt", "lte", "eq", "neq"}, op) {
			op, rest = "eq", text
		}
		at, err := wire.ParseTime(strings.Replace(rest, " ", "+", 1)) // a + that was not escaped
		if err != nil {
			at, err = wire.ParseTime(rest)
		}
		if err != nil {
			return nil, fault.New(fault.BadRequest, "Bad %q query filter format. Use ISO 8601 DateTime notation.", name)
		}
		bounds = append(bounds, store.TimeBound{Op: op, At: at})
	}
	return bounds, nil
}

// propertyFilters are the parameters that the contract does not know: they ask
// for user properties.
func propertyFilters(params url.Values) (map[string]string, error) {
	properties := map[string]string{}
	for name, values := range params {
		switch {
		case name == "changes-since":
			return nil, fault.New(fault.BadRequest, `The "changes-since" filter is no longer available on v2.`)
		case slices.Contains(image.QueryNames(), name) || name == "deleted":
		default:
			properties[name] = values[len(values)-1]
		}
	}
	if len(properties) > maxProperties {
		return nil, fault.New(fault.BadRequest, "A list is filtered by %d properties at most.", maxProperties)
	}
	return properties, nil
}
