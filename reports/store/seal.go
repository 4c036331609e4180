package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Keys seal what the database holds of other services' secrets: the addresses of
// destinations, with their passwords. The first seals, all open, so that a key is
// changed by putting a new one before it and, after a start, taking it away.
type Keys struct{ list []sealKey }

type sealKey struct {
	id   string // of the key, from its hash
	aead cipher.AEAD
}

// keyBytes is the length of a key, for AES-256.
const keyBytes = 32

// ErrNoKey says that something secret is to be kept and there is no key to seal it
// with, or that the key it was sealed with is not among those given.
var ErrNoKey = errors.New("no key")

// ParseKeys reads keys: one a line or with commas between them, each 32 bytes in
// hex or base64. Its errors repeat no key.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{}
	for i, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
		raw, err := hex.DecodeString(part)
		if err != nil || len(raw) != keyBytes {
			raw, err = base64.StdEncoding.DecodeString(part)
		}
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("key %d cannot be read: expected 32 bytes in hex or base64, such as 'openssl rand -hex 32' makes", i+1)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("candor key id "), raw...))
		k.list = append(k.list, sealKey{hex.EncodeToString(sum[:4]), aead})
	}
	if len(k.list) == 0 {
		return nil, errors.New("there is no key: expected 32 bytes in hex or base64")
	}
	return k, nil
}

// sealedMark begins what is sealed: the mark, the key's id, and AES-GCM's nonce and
// text in base64. An address never begins so.
const sealedMark = "sealed:1:"

// seal seals a text for the one row that is to hold it.
func (k *Keys) seal(row, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if k == nil {
		return "", fmt.Errorf("%w to seal the address with: give the service one by the variable CANDOR_SECRETS_KEY or --secrets-key-file", ErrNoKey)
	}
	first := k.list[0]
	return sealedMark + first.id + ":" + base64.StdEncoding.EncodeToString(first.aead.Seal(nil, nil, []byte(text), []byte(row))), nil
}

// open reads what seal wrote. What was kept before there were keys is as it is.
func (k *Keys) open(row, kept string) (string, error) {
	rest, sealed := strings.CutPrefix(kept, sealedMark)
	if !sealed {
		return kept, nil
	}
	id, text, _ := strings.Cut(rest, ":")
	if k != nil {
		for _, x := range k.list {
			if x.id != id {
				continue
			}
			raw, err := base64.StdEncoding.DecodeString(text)
			if err == nil {
				raw, err = x.aead.Open(nil, nil, raw, []byte(row))
			}
			if err != nil {
				return "", errors.New("what was sealed was changed in the database: remove the destination and add it again")
			}
			return string(raw), nil
		}
	}
	return "", fmt.Errorf("%w: the address was sealed with the key %s, which the service was not given (CANDOR_SECRETS_KEY or --secrets-key-file)", ErrNoKey, clip(id, 8))
}

// current reports whether something is sealed with the first key.
func (k *Keys) current(kept string) bool {
	return kept == "" || strings.HasPrefix(kept, sealedMark+k.list[0].id+":")
}

// Reseal seals every address with the first key that is not yet, and returns how
// many it were. What no key opens stays as it is and is an ErrNoKey.
func (s *Store) Reseal(ctx context.Context, actor string) (int, error) {
	if s.keys == nil {
		return 0, nil
	}
	changed := 0
	var closed error
	err := s.write(ctx, func(tx *sql.Tx) error {
		kept := map[string]string{}
		err := s.rows(ctx, tx, `SELECT id, address FROM destinations`, func(row func(...any) error) error {
			var id, address string
			err := row(&id, &address)
			kept[id] = address
			return err
		})
		if err != nil {
			return err
		}
		for id, was := range kept {
			if s.keys.current(was) {
				continue
			}
			text, err := s.keys.open(id, was)
			if err != nil {
				closed = err
				continue
			}
			sealed, err := s.keys.seal(id, text)
			if err != nil {
				return err
			}
			n, err := s.exec(ctx, tx, `UPDATE destinations SET address = ? WHERE id = ? AND address = ?`, sealed, id, was)
			if err != nil {
				return err
			}
			changed += int(n)
		}
		if changed == 0 {
			return nil
		}
		return s.record(ctx, tx, actor, "secrets.seal", "", map[string]any{"destinations": changed, "key": s.keys.list[0].id})
	})
	if err == nil {
		err = closed
	}
	if err != nil {
		return changed, fmt.Errorf("seal what is secret: %w", err)
	}
	return changed, nil
}
