package store

import (
	"context"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// imageKeys are the sort keys of GET /v2/images.
var imageKeys = keyset{
	table: "images",
	id:    "id",
	columns: map[string]string{
		"id": "id", "name": "COALESCE(name, '')", "status": "status", "container_format": "container_format",
		"disk_format": "disk_format", "size": "size_bytes", "created_at": "created_at", "updated_at": "updated_at",
	},
	initial: []Sort{{Key: "created_at", Desc: true}},
}

// ImageFilter says which images a list holds. Slices that are nil let all
// through, else any of their values.
type ImageFilter struct {
	Everything   bool   // for administrators: other projects' images too
	ProjectID    string // who looks
	MemberStatus string // of other projects' shared images: accepted, pending, rejected or all
	// Visibility is one of cloud.ImageVisibility, "all", or empty: all but
	// other projects' community images.
	Visibility string

	IDs, Names, Statuses, DiskFormats, ContainerFormats []string

	Owner, MD5, SHA512 string // empty: any
	Protected, Hidden  *bool
	SizeMin, SizeMax   *int64
	MinRAM, MinDisk    *int64
	Tags               []string          // it has all of them
	Properties         map[string]string // it has all of them
	Created, Updated   []TimeBound
	Page
}

// TimeBound compares a time, in whole seconds as the API shows it.
type TimeBound struct {
	Op string // gt, gte, lt, lte, eq or neq
	At time.Time
}

var timeOps = map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=", "neq": "<>"}

// Images returns a page of the images that filter lets through. An unknown
// sort key, comparison or marker is a fault.BadRequest; so is a marker that
// names a deleted image or one that the caller does not see.
func (r Reader) Images(ctx context.Context, f ImageFilter) ([]cloud.Image, error) {
	if f.Marker != "" {
		if err := r.imageMarker(ctx, f); err != nil {
			return nil, err
		}
	}
	s := &selection{base: `SELECT ` + imageColumns + ` FROM images`}
	s.where(`status <> ?`, cloud.ImageDeleted)
	f.seen(s)
	for _, list := range [...]struct {
		column string
		values []string
	}{
		{"id", f.IDs}, {"name", f.Names}, {"status", f.Statuses}, {"disk_format", f.DiskFormats}, {"container_format", f.ContainerFormats},
	} {
		if list.values != nil {
			cond, arg := r.among(list.column, list.values)
			s.where(cond, arg)
		}
	}
	for _, one := range [...]struct{ column, value string }{{"owner_id", f.Owner}, {"md5", f.MD5}, {"sha512", f.SHA512}} {
		if one.value != "" {
			s.where(one.column+` = ?`, one.value)
		}
	}
	for _, flag := range [...]struct {
		column string
		value  *bool
	}{{"is_protected", f.Protected}, {"is_hidden", f.Hidden}} {
		if flag.value != nil {
			s.where(flag.column+` = ?`, *flag.value)
		}
	}
	for _, number := range [...]struct {
		cond  string
		value *int64
	}{{`size_bytes >= ?`, f.SizeMin}, {`size_bytes <= ?`, f.SizeMax}, {`min_ram_mib = ?`, f.MinRAM}, {`min_disk_gib = ?`, f.MinDisk}} {
		if number.value != nil {
			s.where(number.cond, *number.value)
		}
	}
	for _, tag := range f.Tags {
		s.where(`id IN (SELECT image_id FROM image_tags WHERE tag = ?)`, tag)
	}
	for name, content := range f.Properties {
		s.where(`id IN (SELECT image_id FROM image_properties WHERE name = ? AND content = ?)`, name, content)
	}
	if err := timeBounds(s, "created_at", f.Created); err != nil {
		return nil, err
	}
	if err := timeBounds(s, "updated_at", f.Updated); err != nil {
		return nil, err
	}
	if err := imageKeys.page(ctx, r, s, f.Page); err != nil {
		return nil, err
	}
	query, args := s.statement()
	images, err := queryAll(ctx, r, scanImage, query, args...)
	if err != nil {
		return nil, err
	}
	return images, r.fillImages(ctx, images)
}

// seen adds who sees what to s.
func (f *ImageFilter) seen(s *selection) {
	switch f.Visibility {
	case "":
		s.where(`visibility <> ? OR owner_id = ?`, cloud.ImageCommunity, f.ProjectID)
	case "all":
	default:
		s.where(`visibility = ?`, f.Visibility)
	}
	if f.Everything {
		return
	}
	member, args := `SELECT image_id FROM image_members WHERE project_id = ?`, []any{cloud.ImagePublic, cloud.ImageCommunity, cloud.ImageShared, f.ProjectID}
	if f.MemberStatus != "all" {
		member += ` AND status = ?`
		args = append(args, f.MemberStatus)
	}
	cond := `visibility IN (?, ?) OR (visibility = ? AND id IN (` + member + `))`
	if f.ProjectID != "" {
		cond += ` OR owner_id = ?`
		args = append(args, f.ProjectID)
	}
	s.where(cond, args...)
}

func (r Reader) imageMarker(ctx context.Context, f ImageFilter) error {
	s := &selection{base: `SELECT id FROM images`}
	s.where(`id = ? AND status <> ?`, f.Marker, cloud.ImageDeleted)
	f.Visibility, f.MemberStatus = "all", "all"
	f.seen(s)
	query, args := s.statement()
	_, err := queryOne(ctx, r, value[string], query, args...)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.BadRequest, imageMissing, f.Marker)
	}
	return err
}

func timeBounds(s *selection, column string, bounds []TimeBound) error {
	for _, b := range bounds {
		op, ok := timeOps[b.Op]
		if !ok {
			return fault.New(fault.BadRequest, "Unable to filter on %s by the operator %q: use gt, gte, lt, lte, eq or neq.", column, b.Op)
		}
		s.where(column+` / 1000000 `+op+` ?`, b.At.Unix())
	}
	return nil
}
