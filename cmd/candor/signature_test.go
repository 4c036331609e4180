package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// signer makes a key of a seed and writes its public part into a file.
func signer(t *testing.T, seed byte, file string) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(ssh.MarshalAuthorizedKey(s.PublicKey())))
	return s
}

func sign(t *testing.T, s ssh.Signer, text, namespace, file string) {
	t.Helper()
	sig, err := sshsig.Sign(strings.NewReader(text), s, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(sshsig.Armor(sig)))
}

func TestSignature(t *testing.T) {
	s := newSession(t)
	s.Stages.Renderers = renderers
	if code := s.run("scan", "example.com", "--out", "one", "--format", "json,sarif,csv", "--region-label", "Frankfurt"); code != exitOK {
		t.Fatalf("scan: exit code %d\n%s", code, s.stderr)
	}
	manifest := read(t, "one/evidence/manifest.json")
	sum := sha256.Sum256([]byte(manifest))
	root := hex.EncodeToString(sum[:])
	for what, text := range map[string]string{"terminal": s.stdout.String(), "scan.json": read(t, "one/scan.json"), "sarif": read(t, "one/candor.sarif"), "csv": read(t, "one/about.csv")} {
		if !strings.Contains(text, root) {
			t.Errorf("%s lacks the root hash %s", what, root)
		}
	}
	if m := meta(t, "one"); m.RegionLabel != "Frankfurt" || len(m.ConfigSHA256) != 64 || m.RulesVersion == "" {
		t.Errorf("bundle: %+v", m)
	}
	mine, other := signer(t, 1, "mine.pub"), signer(t, 2, "other.pub")
	var out bytes.Buffer
	verify := func(want int, says string, args ...string) {
		t.Helper()
		s.Stdout, s.Stderr = &out, &out
		out.Reset()
		if code := s.run(append([]string{"verify", "one"}, args...)...); code != want || !strings.Contains(out.String(), says) {
			t.Errorf("verify %v: exit code %d, want %d and %q in\n%s", args, code, want, says, &out)
		}
	}
	const beside = "one/evidence/manifest.json.sig"
	verify(exitOK, "SHA-256 of the manifest: "+root)
	verify(exitFindings, "is not signed", "--key", "mine.pub")
	sign(t, mine, manifest, "candor-evidence", beside)
	verify(exitOK, "signed by the key "+ssh.FingerprintSHA256(mine.PublicKey()), "--key", "mine.pub")
	verify(exitOK, "every file is as it was written")
	verify(exitFindings, "does not hold", "--key", "other.pub")
	sign(t, mine, manifest, "git", "git.sig")
	verify(exitFindings, "made for git, not for candor-evidence", "--key", "mine.pub", "--signature", "git.sig")
	sign(t, other, manifest, "candor-evidence", "other.sig")
	verify(exitOK, "signed by the key", "--key", "other.pub", "--signature", "other.sig")
	sign(t, mine, manifest+" ", "candor-evidence", "changed.sig")
	verify(exitFindings, "does not hold", "--key", "mine.pub", "--signature", "changed.sig")
	write(t, "nonsense", "\x00-----BEGIN SSH SIGNATURE-----\nAAAA\n")
	verify(exitFindings, "does not hold", "--key", "mine.pub", "--signature", "nonsense")
	verify(exitUsage, "expected a public SSH key", "--key", "nonsense")
	verify(exitUsage, "nowhere", "--key", "nowhere")
	verify(exitUsage, "--signature needs --key", "--signature", beside)
	write(t, "one/evidence/meta.json", read(t, "one/evidence/meta.json")+" ")
	verify(exitFindings, "meta.json", "--key", "mine.pub")
}
