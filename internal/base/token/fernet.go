// Package token makes and reads the tokens of the identity service: Fernet
// (https://github.com/fernet/spec) over a payload of our own, with keys in a
// folder that rotates as Keystone's does. It also hashes passwords.
package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"
)

// The parts of a Fernet token: version, seconds since 1970, IV, ciphertext,
// HMAC.
const (
	fernetVersion = 0x80
	headerSize    = 1 + 8
	ivSize        = aes.BlockSize
	macSize       = sha256.Size
	minSize       = headerSize + ivSize + aes.BlockSize + macSize
)

// maxToken bounds the text that is looked at, in bytes; ours have under 300.
const maxToken = 2048

// maxSkew is how far in the future a token may have been made: the clocks of
// several control planes differ.
const maxSkew = 60 * time.Second

// ErrInvalid says that a text is no token of ours: malformed, tampered with,
// from the future, or made with a key that is gone. It does not say which.
var ErrInvalid = errors.New("the token is not valid")

// ErrExpired says that a token was good and its time is over.
var ErrExpired = errors.New("the token has expired")

var encoding = base64.RawURLEncoding.Strict()

// Key is a Fernet key: 128 bits that sign and 128 that encrypt.
type Key struct {
	sign  [16]byte
	block cipher.Block
	text  string // as in the key file
}

// keySize is that of a key in bytes, before base64.
const keySize = 32

// NewKey makes a key from random bytes.
func NewKey(random io.Reader) (*Key, error) {
	var raw [keySize]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return nil, err
	}
	return parseKey(base64.URLEncoding.EncodeToString(raw[:]))
}

// parseKey reads a key as Keystone writes it: 32 bytes in URL-safe base64 with
// padding.
func parseKey(text string) (*Key, error) {
	raw, err := base64.URLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != keySize || strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("a Fernet key is 32 bytes in URL-safe base64")
	}
	k := &Key{text: text}
	copy(k.sign[:], raw)
	if k.block, err = aes.NewCipher(raw[len(k.sign):]); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *Key) mac(message []byte) []byte {
	h := hmac.New(sha256.New, k.sign[:])
	h.Write(message)
	return h.Sum(nil)
}

// seal returns plain as a token made at now; like Keystone's it has no padding.
func (k *Key) seal(now time.Time, random io.Reader, plain []byte) (string, error) {
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	size := headerSize + ivSize + len(plain) + pad
	b := make([]byte, size, size+macSize)
	b[0] = fernetVersion
	binary.BigEndian.PutUint64(b[1:], uint64(now.Unix()))
	iv := b[headerSize : headerSize+ivSize]
	if _, err := io.ReadFull(random, iv); err != nil {
		return "", err
	}
	body := b[headerSize+ivSize:]
	copy(body, plain)
	for i := len(plain); i < len(body); i++ {
		body[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(k.block, iv).CryptBlocks(body, body)
	return encoding.EncodeToString(append(b, k.mac(b)...)), nil
}

// decode checks the outer form of a token and returns its bytes.
func decode(token string, now time.Time) ([]byte, error) {
	// The decoder skips line ends, which would be a second spelling of the
	// same token.
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") {
		return nil, ErrInvalid
	}
	b, err := encoding.DecodeString(token)
	if err != nil || len(b) < minSize || (len(b)-minSize)%aes.BlockSize != 0 || b[0] != fernetVersion {
		return nil, ErrInvalid
	}
	made := binary.BigEndian.Uint64(b[1:])
	if latest := now.Add(maxSkew).Unix(); latest < 0 || made > uint64(latest) {
		return nil, ErrInvalid
	}
	return b, nil
}

// open returns what was sealed in the token with bytes b, and when.
func (k *Key) open(b []byte) (plain []byte, made time.Time, err error) {
	signed := b[:len(b)-macSize]
	if !hmac.Equal(k.mac(signed), b[len(signed):]) {
		return nil, time.Time{}, ErrInvalid
	}
	// From here on the bytes are our own: nothing below tells a stranger
	// anything.
	iv, body := signed[headerSize:headerSize+ivSize], signed[headerSize+ivSize:]
	plain = make([]byte, len(body))
	cipher.NewCBCDecrypter(k.block, iv).CryptBlocks(plain, body)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, time.Time{}, ErrInvalid
	}
	for _, c := range plain[len(plain)-pad:] {
		if int(c) != pad {
			return nil, time.Time{}, ErrInvalid
		}
	}
	made = time.Unix(int64(binary.BigEndian.Uint64(b[1:])), 0).UTC()
	return plain[:len(plain)-pad], made, nil
}
