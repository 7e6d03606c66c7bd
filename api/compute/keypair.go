package compute

import "github.com/novalet/novalet/api/wire"

// Keypair is a key pair in a list. Sources: API reference "Keypairs";
// microversions 2.2 (type), 2.10 (user_id), 2.35 (paging), 2.92 (a public key
// must be given).
type Keypair struct {
	Name        string `json:"name"`
	PublicKey   string `json:"public_key"`
	Fingerprint string `json:"fingerprint"` // MD5 with colons for ssh, SHA-1 for x509
	Type        string `json:"type" v:"2.2"`
}

// KeypairItem wraps a key pair, as lists do.
type KeypairItem struct {
	Keypair Keypair `json:"keypair"`
}

// Keypairs is the reply of GET /os-keypairs.
type Keypairs struct {
	Keypairs []KeypairItem `json:"keypairs"`
	Links    []wire.Link   `json:"keypairs_links,omitempty" v:"2.35"`
}

// KeypairQuery is what GET /os-keypairs takes.
type KeypairQuery struct {
	UserID wire.Opt[string] `query:"user_id" v:"2.10"`
	Limit  wire.Opt[int]    `query:"limit" is:"min=0" v:"2.35"`
	Marker wire.Opt[string] `query:"marker" v:"2.35"`
}

// KeypairName names one key pair; the user is for administrators.
type KeypairName struct {
	Name   string           `path:"keypair_name"`
	UserID wire.Opt[string] `query:"user_id" v:"2.10"`
}

// KeypairDetail is a key pair as GET /os-keypairs/{keypair_name} shows it.
type KeypairDetail struct {
	Name        string         `json:"name"`
	PublicKey   string         `json:"public_key"`
	Fingerprint string         `json:"fingerprint"`
	UserID      string         `json:"user_id"`
	CreatedAt   wire.MicroTime `json:"created_at"`
	Deleted     bool           `json:"deleted"`
	DeletedAt   wire.MicroTime `json:"deleted_at"`
	ID          int64          `json:"id"`
	UpdatedAt   wire.MicroTime `json:"updated_at"`
	Type        string         `json:"type" v:"2.2"`
}

// KeypairShown is the reply of GET /os-keypairs/{keypair_name}.
type KeypairShown struct {
	Keypair KeypairDetail `json:"keypair"`
}

// KeypairCreate is the body of POST /os-keypairs.
type KeypairCreate struct {
	Keypair KeypairNew `json:"keypair" is:"required"`
}

// KeypairNew is a key pair to be imported, or until 2.91 to be generated.
type KeypairNew struct {
	NameOld      string           `json:"-" v:"-2.91 name" is:"required,min=1,max=255,keyname"`
	Name         string           `json:"-" v:"2.92 name" is:"required,min=1,max=255,keyname2"`
	PublicKeyOld wire.Opt[string] `json:"-" v:"-2.91 public_key"`
	PublicKey    string           `json:"-" v:"2.92 public_key" is:"required"`
	Type         wire.Opt[string] `json:"type" is:"enum=ssh|x509" v:"2.2"`
	UserID       wire.Opt[string] `json:"user_id" is:"min=1,max=255" v:"2.10"`
}

// KeypairMade is the key pair in the reply of POST /os-keypairs; the private
// key is there when the cloud made it, and nowhere else ever.
type KeypairMade struct {
	PrivateKey  wire.Opt[wire.Secret] `json:"private_key" v:"-2.91"`
	Type        string                `json:"type" v:"2.2"`
	Name        string                `json:"name"`
	PublicKey   string                `json:"public_key"`
	Fingerprint string                `json:"fingerprint"`
	UserID      string                `json:"user_id"`
}

// KeypairCreated is the reply of POST /os-keypairs.
type KeypairCreated struct {
	Keypair KeypairMade `json:"keypair"`
}

// The routes of key pairs.
var (
	ListKeypairs = wire.Route[KeypairQuery, Keypairs]{
		Name: "keypairs.list", Method: "GET", Path: "/os-keypairs", Status: "200",
		Policy: rule("os-keypairs:index", ownerUser), LooseQuery: "2.74",
	}
	ShowKeypair = wire.Route[KeypairName, KeypairShown]{
		Name: "keypairs.show", Method: "GET", Path: "/os-keypairs/{keypair_name}", Status: "200",
		Policy: rule("os-keypairs:show", ownerUser), LooseQuery: "2.74",
	}
	CreateKeypair = wire.Route[KeypairCreate, KeypairCreated]{
		Name: "keypairs.create", Method: "POST", Path: "/os-keypairs", Status: "2.1:200 2.2:201",
		Policy: rule("os-keypairs:create", ownerUser), LooseQuery: "always",
	}
	DeleteKeypair = wire.Route[KeypairName, wire.None]{
		Name: "keypairs.delete", Method: "DELETE", Path: "/os-keypairs/{keypair_name}", Status: "2.1:202 2.2:204",
		Policy: rule("os-keypairs:delete", ownerUser), LooseQuery: "2.74",
	}
)

func keypairRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListKeypairs, ShowKeypair, CreateKeypair, DeleteKeypair}
}
