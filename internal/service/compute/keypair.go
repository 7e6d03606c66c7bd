package compute

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the API's fingerprint of a certificate, not a proof
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountKeypairs(api *httpd.API) {
	httpd.MountOn(api, compute.ListKeypairs, keysOf, s.listKeypairs)
	httpd.MountOn(api, compute.ShowKeypair, keysOf, s.showKeypair)
	httpd.Mount(api, compute.CreateKeypair, s.createKeypair)
	httpd.MountOn(api, compute.DeleteKeypair, keysOf, s.deleteKeypair)
}

// keyOwner is the user whose key pairs a request is about.
type keyOwner string

// PolicyTarget is what policy rules on the user's key pairs are judged on.
func (o keyOwner) PolicyTarget() cloud.Target { return cloud.Target{"user_id": string(o)} }

// keysOf finds out whose key pairs are meant: the caller's own, or from 2.10
// those of the user that the query names.
func keysOf(ctx httpd.Ctx, _ func(string) string) (keyOwner, error) {
	if user := ctx.URL.Query().Get("user_id"); user != "" && ctx.At("2.10") {
		return keyOwner(user), nil
	}
	return keyOwner(ctx.Caller.UserID), nil
}

func (s *Service) listKeypairs(ctx httpd.Ctx, owner keyOwner, in compute.KeypairQuery) (out compute.Keypairs, err error) {
	page := store.Page{Marker: in.Marker.Or("")}
	if ctx.At("2.35") {
		page.Limit = pageLimit(in.Limit)
	}
	if in.Limit.Set && in.Limit.V == 0 {
		out.Keypairs = []compute.KeypairItem{}
		return out, nil
	}
	keys, err := s.DB.Keypairs(ctx, string(owner), page)
	if err != nil {
		return out, err
	}
	out.Keypairs = mapSlice(keys, func(k *cloud.Keypair) compute.KeypairItem {
		return compute.KeypairItem{Keypair: compute.Keypair{Name: k.Name, PublicKey: k.PublicKey, Fingerprint: k.Fingerprint, Type: k.Type}}
	})
	if ctx.At("2.35") {
		out.Links = nextLinks(ctx, "/os-keypairs", len(keys), page.Limit, func() string { return keys[len(keys)-1].Name })
	}
	return out, nil
}

func (s *Service) showKeypair(ctx httpd.Ctx, owner keyOwner, in compute.KeypairName) (out compute.KeypairShown, err error) {
	k, err := s.DB.Keypair(ctx, string(owner), in.Name)
	out.Keypair = compute.KeypairDetail{
		Name: k.Name, PublicKey: k.PublicKey, Fingerprint: k.Fingerprint, Type: k.Type, UserID: k.UserID, ID: k.ID,
		CreatedAt: wire.MicroTime(k.CreatedAt),
	}
	return out, err
}

func (s *Service) deleteKeypair(ctx httpd.Ctx, owner keyOwner, in compute.KeypairName) (out wire.None, err error) {
	return out, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteKeypair(ctx, string(owner), in.Name) })
}

// createKeypair takes a public key, or until 2.91 makes a pair. The private key
// is in this reply and nowhere else.
func (s *Service) createKeypair(ctx httpd.Ctx, in compute.KeypairCreate) (out compute.KeypairCreated, err error) {
	asked := in.Keypair
	owner := keyOwner(asked.UserID.Or(ctx.Caller.UserID))
	if err := ctx.Authorize(compute.CreateKeypair.Policy, owner.PolicyTarget()); err != nil {
		return out, err
	}
	k := cloud.Keypair{UserID: string(owner), Name: asked.NameOld, Type: asked.Type.Or("ssh"), CreatedAt: s.Now()}
	given := asked.PublicKeyOld.Set
	k.PublicKey = asked.PublicKeyOld.V
	if ctx.At("2.92") {
		k.Name, k.PublicKey, given = asked.Name, asked.PublicKey, true
	}
	var private wire.Opt[wire.Secret]
	switch {
	case given:
		k.Fingerprint, err = fingerprint(k.Type, k.PublicKey)
	case k.Type == "ssh":
		var secret wire.Secret
		secret, k.PublicKey, k.Fingerprint, err = generateKey()
		private = wire.Some(secret)
	default:
		err = fault.New(fault.NotImplemented, "This cloud does not make key pairs of type %s: make the certificate yourself and give it as public_key, or take type ssh.", k.Type)
	}
	if err != nil {
		return out, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		limits, err := tx.Limits(ctx, s.Quotas, ctx.Caller.ProjectID, k.UserID)
		if err != nil {
			return err
		}
		return tx.CreateKeypair(ctx, &k, limits.Limit(cloud.QuotaKeyPairs))
	})
	if err != nil {
		return out, err
	}
	out.Keypair = compute.KeypairMade{
		PrivateKey: private, Type: k.Type, Name: k.Name, PublicKey: k.PublicKey, Fingerprint: k.Fingerprint, UserID: k.UserID,
	}
	return out, nil
}

// fingerprint is how the API names a key: MD5 of an ssh key, SHA-1 of a
// certificate, as hex with colons. What is neither is a fault.BadRequest.
func fingerprint(kind, text string) (string, error) {
	if kind == "x509" {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return "", fault.New(fault.BadRequest, "Keypair data is invalid: public_key is not a certificate in PEM form")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "", fault.New(fault.BadRequest, "Keypair data is invalid: public_key is not a certificate: %v", err)
		}
		sum := sha1.Sum(block.Bytes) //nolint:gosec // as above
		return strings.ReplaceAll(fmt.Sprintf("% x", sum[:]), " ", ":"), nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return "", fault.New(fault.BadRequest, "Keypair data is invalid: failed to generate fingerprint: public_key must be one line as in ~/.ssh/id_ed25519.pub")
	}
	return ssh.FingerprintLegacyMD5(key), nil
}

// keyBits is the size of generated keys; Nova's are RSA keys of this size.
const keyBits = 2048

func generateKey() (private wire.Secret, public, print string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", "", "", err
	}
	half, err := ssh.NewPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", "", err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	public = strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(half)), "\n") + " Generated-by-Nova"
	return wire.Secret(pem.EncodeToMemory(block)), public, ssh.FingerprintLegacyMD5(half), nil
}
