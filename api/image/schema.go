package image

import (
	"maps"
	"slices"

	"github.com/novalet/novalet/api/wire"
)

// Schema documents, which python clients fetch to learn what an image has.

// SchemaName names a schema document: image, images, member or members.
type SchemaName struct {
	Name string `path:"name"`
}

// SchemaShown is the reply of GET /v2/schemas/{name}.
type SchemaShown struct {
	Schema map[string]any `body:"json"`
}

// ShowSchema serves the schema documents.
var ShowSchema = wire.Route[SchemaName, SchemaShown]{
	Name: "schemas.show", Method: "GET", Path: "/v2/schemas/{name}", Status: "200", LooseQuery: "always",
}

func schemaRoutes() []wire.Endpoint { return []wire.Endpoint{ShowSchema} }

// notes describe the members of an image and of a member for people.
var notes = map[string]string{
	"id": "UUID of the image", "name": "Name for people; it need not be unique", "status": "Where the image is in its life",
	"visibility": "Who sees the image", "protected": "If true, the image cannot be deleted", "os_hidden": "If true, lists leave the image out unless asked for hidden ones",
	"checksum": "MD5 of the data, in hexadecimal", "os_hash_algo": "Name of the hash in os_hash_value", "os_hash_value": "Hash of the data, in hexadecimal",
	"owner": "Project that the image belongs to", "size": "Bytes of data", "virtual_size": "Bytes of the disk that a guest would see",
	"container_format": "What the disk is packed in", "disk_format": "What the data is; an upload is inspected and must be it",
	"created_at": "When the image was made", "updated_at": "When the image changed last", "tags": "Words to find the image by",
	"min_ram": "MiB of memory that a server needs for this image", "min_disk": "GiB of disk that a server needs for this image",
	"kernel_id": "Image to boot as the kernel, without a boot loader", "ramdisk_id": "Image to boot as the ramdisk of kernel_id",
	"self": "Path of the image", "file": "Path of its data", "schema": "Path of its schema",
	"member_id": "Project that the image is offered to", "image_id": "UUID of the image",
}

// ImageSchema describes an image: what Base has, with the rules of those
// members that a request may set.
func ImageSchema() wire.Schema {
	shown := wire.SchemaOf[Base](wire.Version{})["properties"].(wire.Schema)
	set := wire.SchemaOf[Settable](wire.Version{})["properties"].(wire.Schema)
	properties := wire.Schema{}
	for _, name := range baseMembers() {
		p, ok := set[name].(wire.Schema)
		if !ok {
			p = shown[name].(wire.Schema)
		}
		p = maps.Clone(p)
		p["description"] = notes[name]
		if !slices.Contains(settableMembers(), name) {
			p["readOnly"] = true
		}
		if !IsBase(name) {
			p["is_base"] = false
		}
		properties[name] = p
	}
	return wire.Schema{
		"name": "image", "properties": properties, "additionalProperties": wire.Schema{"type": "string"},
		"links": []wire.Link{{Rel: "self", Href: "{self}"}, {Rel: "enclosure", Href: "{file}"}, {Rel: "describedby", Href: "{schema}"}},
	}
}

func memberSchema() wire.Schema {
	properties := wire.SchemaOf[Member](wire.Version{})["properties"].(wire.Schema)
	for name, p := range properties {
		p.(wire.Schema)["description"] = notes[name]
	}
	return wire.Schema{"name": "member", "properties": properties}
}

// listSchema describes a list of things under the name of its member.
func listSchema(name string, item wire.Schema, links ...string) wire.Schema {
	text := wire.Schema{"type": "string"}
	properties := wire.Schema{name: wire.Schema{"type": "array", "items": item}, "schema": text}
	refs := []wire.Link{}
	for _, link := range links {
		properties[link] = text
		refs = append(refs, wire.Link{Rel: link, Href: "{" + link + "}"})
	}
	refs = append(refs, wire.Link{Rel: "describedby", Href: "{schema}"})
	return wire.Schema{"name": name, "properties": properties, "links": refs}
}

// Schemas are the schema documents by name.
func Schemas() map[string]wire.Schema {
	image, member := ImageSchema(), memberSchema()
	return map[string]wire.Schema{
		"image": image, "images": listSchema("images", image, "first", "next"),
		"member": member, "members": listSchema("members", member),
	}
}
