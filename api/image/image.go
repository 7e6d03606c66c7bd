// Package image is the contract of the Image API (Glance v2): its types and
// routes as data. The API has no microversions; the version list names what is
// here. Routes stand below the service's own root (/image), as the catalog has
// it. Facts come from the API reference and from replies of a running Glance.
package image

import (
	"encoding/json"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/novalet/novalet/api/wire"
)

// Service is the name in the catalog.
const Service = "image"

// The media types of PATCH /v2/images/{image_id}. The newer one says
// {"op": "replace", "path": "/name", "value": ...}, the older one
// {"replace": "/name", "value": ...}.
const (
	PatchType  = "application/openstack-images-v2.1-json-patch"
	PatchType0 = "application/openstack-images-v2.0-json-patch"
	DataType   = "application/octet-stream" // of image bytes
)

// Base is what every image has; Image adds the properties that users make up.
type Base struct {
	Name            *string          `json:"name"`
	DiskFormat      *string          `json:"disk_format"`
	ContainerFormat *string          `json:"container_format"`
	Visibility      string           `json:"visibility"`   // public, private, shared or community
	Size            *int64           `json:"size"`         // bytes; null before the upload
	VirtualSize     *int64           `json:"virtual_size"` // bytes that a guest would see
	Status          string           `json:"status"`       // queued, saving, active, deactivated, killed
	Checksum        *string          `json:"checksum"`     // MD5, hex
	Protected       bool             `json:"protected"`
	MinRAM          int              `json:"min_ram"`  // MiB
	MinDisk         int              `json:"min_disk"` // GiB
	Owner           *string          `json:"owner"`    // project id
	Hidden          bool             `json:"os_hidden"`
	HashAlgo        *string          `json:"os_hash_algo"` // sha512
	HashValue       *string          `json:"os_hash_value"`
	ID              string           `json:"id"`
	CreatedAt       wire.Time        `json:"created_at"`
	UpdatedAt       wire.Time        `json:"updated_at"`
	Tags            []string         `json:"tags"`
	KernelID        wire.Opt[string] `json:"kernel_id" is:"null"`  // image to boot a kernel from directly
	RamdiskID       wire.Opt[string] `json:"ramdisk_id" is:"null"` // and its ramdisk
	Self            string           `json:"self"`
	File            string           `json:"file"`
	Schema          string           `json:"schema"`
}

// Image is an image as GET /v2/images/{image_id} shows it: one flat object in
// which user-made properties stand beside the base members.
type Image struct {
	Base
	Properties map[string]string
}

// MarshalJSON writes base members and properties as one object.
func (i Image) MarshalJSON() ([]byte, error) { return encodeFlat(i.Base, i.Properties) }

// UnmarshalJSON reads one object apart into base members and properties.
// Members that are neither (locations, for one) are passed over.
func (i *Image) UnmarshalJSON(b []byte) error {
	*i = Image{}
	base, rest, err := splitMembers(b, baseMembers())
	if err != nil {
		return err
	}
	for name, value := range rest {
		var text string
		if value[0] == '"' && json.Unmarshal(value, &text) == nil {
			setProperty(&i.Properties, name, text)
		}
	}
	return wire.DecodeLenient(base, &i.Base, wire.Version{})
}

// JSONSchema describes the object.
func (Image) JSONSchema() wire.Schema { return ImageSchema() }

// Settable is the part of an image that a request may name.
type Settable struct {
	ID              wire.Opt[string]   `json:"id" is:"uuid,min=36"` // on create only
	Name            wire.Opt[string]   `json:"name" is:"null,max=255,printable"`
	DiskFormat      wire.Opt[string]   `json:"disk_format" is:"null,enum=ami|ari|aki|vhd|vhdx|vmdk|raw|qcow2|vdi|iso"`
	ContainerFormat wire.Opt[string]   `json:"container_format" is:"null,enum=ami|ari|aki|bare|ovf|ova|docker|compressed"`
	Visibility      wire.Opt[string]   `json:"visibility" is:"enum=community|public|private|shared"`
	Protected       wire.Opt[bool]     `json:"protected"`
	Hidden          wire.Opt[bool]     `json:"os_hidden"`
	MinRAM          wire.Opt[int]      `json:"min_ram" is:"min=0,max=2147483647"`
	MinDisk         wire.Opt[int]      `json:"min_disk" is:"min=0,max=2147483647"`
	Owner           wire.Opt[string]   `json:"owner" is:"null,max=255,printable"`
	Tags            wire.Opt[[]string] `json:"tags" is:"max=128,printable"`
	KernelID        wire.Opt[string]   `json:"kernel_id" is:"null,uuid,min=36"`
	RamdiskID       wire.Opt[string]   `json:"ramdisk_id" is:"null,uuid,min=36"`
}

// Settings are members of an image that a request names: the body of POST
// /v2/images, or the target of one JSON patch operation.
type Settings struct {
	Settable
	Properties map[string]string
	// Refused are the members that only the server sets, as far as the request
	// named them; a server answers them with 403.
	Refused []string
}

// MarshalJSON writes the members that are set as one object.
func (s Settings) MarshalJSON() ([]byte, error) { return encodeFlat(s.Settable, s.Properties) }

// UnmarshalJSON reads one object strictly: properties must be strings.
func (s *Settings) UnmarshalJSON(b []byte) error {
	*s = Settings{}
	known, rest, err := splitMembers(b, settableMembers())
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(rest) {
		switch {
		case IsReadOnly(name):
			s.Refused = append(s.Refused, name)
		default:
			text, err := propertyText(name, rest[name])
			if err != nil {
				return err
			}
			setProperty(&s.Properties, name, text)
		}
	}
	if err := wire.Decode(known, &s.Settable, wire.Version{}); err != nil {
		return err
	}
	for _, tag := range s.Tags.V {
		if n := utf8.RuneCountInString(tag); n == 0 || n > 255 {
			return &wire.Invalid{Path: "tags", Text: "A tag has 1 to 255 characters."}
		}
	}
	return nil
}

// JSONSchema describes the object.
func (Settings) JSONSchema() wire.Schema {
	schema := wire.SchemaOf[Settable](wire.Version{})
	schema["additionalProperties"] = wire.Schema{"type": "string", "maxLength": 65535, "pattern": `^[^\x00]*$`}
	schema["propertyNames"] = wire.Schema{"pattern": `^[^\x00-\x1f\x7f]{1,255}$`}
	tags := schema["properties"].(wire.Schema)["tags"].(wire.Schema)["items"].(wire.Schema)
	tags["minLength"], tags["maxLength"] = 1, 255
	return schema
}

// reserved are names that are no base members and yet no user's properties.
var reserved = []string{"direct_url", "locations", "stores", "deleted", "deleted_at"}

// IsBase reports whether name is a base member, which a patch cannot remove.
func IsBase(name string) bool {
	return slices.Contains(baseMembers(), name) && name != "kernel_id" && name != "ramdisk_id"
}

// IsReadOnly reports whether only the server sets the member.
func IsReadOnly(name string) bool {
	return name == "id" || slices.Contains(reserved, name) || slices.Contains(baseMembers(), name) && !slices.Contains(settableMembers(), name)
}

// ImageID names one image.
type ImageID struct {
	ID string `path:"image_id"`
}

// Create is POST /v2/images.
type Create struct {
	Image Settings `body:"json"`
}

// Created is the reply of POST /v2/images.
type Created struct {
	Location string `header:"Location"`
	Image    Image  `body:"json"`
}

// Shown is the reply that is one image.
type Shown struct {
	Image Image `body:"json"`
}

// Query is what GET /v2/images takes. Any other parameter asks for the user
// property of that name to have that value.
type Query struct {
	Limit           wire.Opt[string] `query:"limit"`
	Marker          string           `query:"marker"`
	Sort            string           `query:"sort"`     // name:asc,size:desc
	SortKey         []string         `query:"sort_key"` // with sort_dir; not together with sort
	SortDir         []string         `query:"sort_dir"`
	ID              string           `query:"id"`   // a value, or in:a,b
	Name            string           `query:"name"` // this and the next three alike
	Status          string           `query:"status"`
	DiskFormat      string           `query:"disk_format"`
	ContainerFormat string           `query:"container_format"`
	Visibility      string           `query:"visibility"` // or all
	MemberStatus    string           `query:"member_status"`
	Owner           string           `query:"owner"`
	Checksum        string           `query:"checksum"`
	HashValue       string           `query:"os_hash_value"`
	HashAlgo        string           `query:"os_hash_algo"`
	Protected       string           `query:"protected"`
	Hidden          string           `query:"os_hidden"`
	SizeMin         wire.Opt[string] `query:"size_min"` // bytes
	SizeMax         wire.Opt[string] `query:"size_max"`
	MinRAM          wire.Opt[string] `query:"min_ram"`
	MinDisk         wire.Opt[string] `query:"min_disk"`
	Tags            []string         `query:"tag"` // the image has all of them
	CreatedAt       []string         `query:"created_at"`
	UpdatedAt       []string         `query:"updated_at"` // gt:TIME, also gte, lt, lte, eq, neq
}

// QueryNames lists the parameters that Query knows.
func QueryNames() []string { return queryNames() }

var queryNames = sync.OnceValue(func() []string { return wire.QueryNames[Query]() })

// Images is the reply of GET /v2/images. Links are paths from the service's
// root; Next is absent on the last page.
type Images struct {
	Images []Image `json:"images"`
	First  string  `json:"first"`
	Schema string  `json:"schema"`
	Next   string  `json:"next,omitempty"`
}

// Tag names one tag of an image.
type Tag struct {
	ID  string `path:"image_id"`
	Tag string `path:"tag" is:"min=1,max=255,printable"`
}

// Default rules, as Glance has them.
const (
	projectMember = "role:admin or (role:member and project_id:%(project_id)s)"
	projectReader = "role:admin or (role:reader and project_id:%(project_id)s)"
	visible       = "(project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s)"
)

// Rules that handlers ask besides their route's own.
var (
	Admin       = wire.Rule{Name: "context_is_admin", Default: "role:admin"} // sees and changes every project's images
	Publicize   = wire.Rule{Name: "publicize_image", Default: "role:admin"}
	Communitize = wire.Rule{Name: "communitize_image", Default: projectMember}
	modify      = wire.Rule{Name: "modify_image", Default: projectMember}
)

// BaseRules are the rules that no route names.
func BaseRules() []wire.Rule { return []wire.Rule{Admin, Publicize, Communitize} }

// The routes of images.
var (
	ListImages = wire.Route[Query, Images]{
		Name: "images.list", Method: "GET", Path: "/v2/images", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "get_images", Default: projectReader},
	}
	CreateImage = wire.Route[Create, Created]{
		Name: "images.create", Method: "POST", Path: "/v2/images", Status: "201", LooseQuery: "always",
		Policy: wire.Rule{Name: "add_image", Default: "role:admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)"},
	}
	ShowImage = wire.Route[ImageID, Shown]{
		Name: "images.show", Method: "GET", Path: "/v2/images/{image_id}", Status: "200", LooseQuery: "always",
		Policy: wire.Rule{Name: "get_image", Default: "role:admin or (role:reader and " + visible + ")"},
	}
	UpdateImage = wire.Route[Update, Shown]{
		Name: "images.update", Method: "PATCH", Path: "/v2/images/{image_id}", Status: "200", LooseQuery: "always",
		Policy: modify,
	}
	DeleteImage = wire.Route[ImageID, wire.None]{
		Name: "images.delete", Method: "DELETE", Path: "/v2/images/{image_id}", Status: "204", LooseQuery: "always",
		Policy: wire.Rule{Name: "delete_image", Default: projectMember},
	}
	DeactivateImage = wire.Route[ImageID, wire.None]{
		Name: "images.deactivate", Method: "POST", Path: "/v2/images/{image_id}/actions/deactivate", Status: "204", LooseQuery: "always",
		Policy: wire.Rule{Name: "deactivate", Default: projectMember},
	}
	ReactivateImage = wire.Route[ImageID, wire.None]{
		Name: "images.reactivate", Method: "POST", Path: "/v2/images/{image_id}/actions/reactivate", Status: "204", LooseQuery: "always",
		Policy: wire.Rule{Name: "reactivate", Default: projectMember},
	}
	AddTag = wire.Route[Tag, wire.None]{
		Name: "images.tags.add", Method: "PUT", Path: "/v2/images/{image_id}/tags/{tag}", Status: "204", LooseQuery: "always",
		Policy: modify,
	}
	DeleteTag = wire.Route[Tag, wire.None]{
		Name: "images.tags.delete", Method: "DELETE", Path: "/v2/images/{image_id}/tags/{tag}", Status: "204", LooseQuery: "always",
		Policy: modify,
	}
)

func imageRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListImages, CreateImage, ShowImage, UpdateImage, DeleteImage,
		DeactivateImage, ReactivateImage, AddTag, DeleteTag,
	}
}

// Routes lists every route of the contract.
func Routes() []wire.Endpoint {
	return slices.Concat(versionRoutes(), imageRoutes(), dataRoutes(), memberRoutes(), schemaRoutes())
}
