package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"candor/crawler/evidence"
	"candor/reports/plain"
)

// signedFor is the namespace of signatures of evidence: a signature that was
// made for anything else does not count.
const signedFor = "candor-evidence"

// signedBy checks the signature of a bundle's manifest by a public key, and
// returns the key's fingerprint. Without a file the signature is that which lies
// in the bundle.
func signedBy(r *evidence.Reader, keyFile, signatureFile string) (string, error) {
	text, err := readBounded(keyFile)
	if err != nil {
		return "", err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return "", usage("--key %s: expected a public SSH key, such as 'ssh-ed25519 AAAA…': %w", keyFile, err)
	}
	var armored []byte
	if signatureFile != "" {
		armored, err = readBounded(signatureFile)
	} else if armored, err = r.ReadFile(evidence.SignatureFile); errors.Is(err, fs.ErrNotExist) {
		err = &exitError{exitFindings, fmt.Errorf("the evidence is not signed: it has no %s", evidence.SignatureFile)}
	}
	if err != nil {
		return "", err
	}
	manifest, err := r.Manifest()
	if err != nil {
		return "", err
	}
	sig, err := sshsig.Unarmor(armored)
	if err == nil {
		if sig.Namespace != signedFor {
			err = fmt.Errorf("it was made for %s, not for %s", plain.Terminal(sig.Namespace, 40), signedFor)
		} else {
			err = sshsig.Verify(bytes.NewReader(manifest), sig, key, sig.HashAlgorithm, signedFor)
		}
	}
	if err != nil {
		return "", &exitError{exitFindings, fmt.Errorf("the signature does not hold: %w", err)}
	}
	return ssh.FingerprintSHA256(key), nil
}
