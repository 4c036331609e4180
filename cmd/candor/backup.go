package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"candor/reports/store"
	"candor/reports/store/blob"
)

// A backup is a tar archive, compressed with zstd: tables/NAME.jsonl for each
// table, blobs/NAME for each blob, and at its end manifest.json with the size and
// the SHA-256 of each.
type manifest struct {
	Format  int          `json:"format"`
	Tool    string       `json:"tool"`
	Schema  int64        `json:"schema"` // number of the newest migration
	Made    time.Time    `json:"made"`
	Blobs   bool         `json:"blobs"` // whether it has them
	Members []memberInfo `json:"members"`
}

type memberInfo struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bounds of an archive that is read.
const (
	backupFormat   = 1
	manifestName   = "manifest.json"
	maxMembers     = 20_000_000
	maxMemberBytes = 64 << 30
	maxManifest    = 4 << 30
	maxMemory      = 256 << 20 // of the decompression
)

func (c *Command) backupCommand() *cobra.Command {
	o := &serviceOptions{}
	noBlobs := false
	cmd := &cobra.Command{
		Use:     "backup FILE",
		GroupID: "service",
		Short:   "Write everything that a service keeps into one file",
		Long: `Backup writes one archive (tar, zstd) with all tables as they are at one moment,
the reports and the evidence, and a manifest with the SHA-256 of each part. The
service may go on meanwhile. 'candor restore' reads it into SQLite or PostgreSQL,
whichever it came from.

The file holds what the database holds, hashes of passwords and tokens too: keep
it as safe as the service.`,
		Example: `  candor backup candor-2026-11-26.tar.zst
  candor backup --database postgres://candor@db/candor --blobs s3://host/bucket FILE`,
		Args: args(1, 1, "one file to write"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := c.configure(cmd, &o.options); err != nil {
				return err
			}
			return c.withKept(cmd.Context(), o, func(s *store.Store, b blob.Store) error {
				if noBlobs {
					b = nil
				}
				return c.backup(cmd.Context(), o, s, b, names[0])
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVar(&noBlobs, "no-blobs", false, "leave the reports and the evidence out")
	o.keepFlags(fs)
	return cmd
}

// backup writes the archive beside its place and moves it there when it is whole.
func (c *Command) backup(ctx context.Context, o *serviceOptions, s *store.Store, b blob.Store, file string) (err error) {
	if _, err := os.Lstat(file); err == nil {
		return usage("%s is there already", file)
	}
	part, err := os.CreateTemp(filepath.Dir(file), ".part-*") // for nobody else to read
	if err != nil {
		return usage("write the backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	m := manifest{Format: backupFormat, Tool: toolVersion(), Made: c.Now().UTC(), Blobs: b != nil}
	if err = s.Record(ctx, "candor backup", "backup", "", map[string]bool{"blobs": m.Blobs}); err == nil {
		err = writeArchive(ctx, part, &m, s, b)
	}
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err = os.Rename(part.Name(), file); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if !o.quiet {
		fmt.Fprintf(c.Stdout, "%s has %d parts, tables of version %d\n", file, len(m.Members), m.Schema)
	}
	return nil
}

func writeArchive(ctx context.Context, w io.Writer, m *manifest, s *store.Store, b blob.Store) error {
	z, err := zstd.NewWriter(w)
	if err != nil {
		return err
	}
	out := tar.NewWriter(z)
	add := func(name string, size int64, r io.Reader) error {
		sum := sha256.New()
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: m.Made, Format: tar.FormatPAX}); err != nil {
			return err
		}
		if n, err := io.Copy(io.MultiWriter(out, sum), r); err != nil || n != size {
			return errors.Join(fmt.Errorf("%s: %d of %d bytes could be read", name, n, size), err)
		}
		m.Members = append(m.Members, memberInfo{name, size, hex.EncodeToString(sum.Sum(nil))})
		return nil
	}
	if m.Schema, err = s.Version(ctx); err != nil {
		return err
	}
	if err := addTables(ctx, s, add); err != nil {
		return err
	}
	if b != nil {
		if err := addBlobs(ctx, b, add); err != nil {
			return err
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := add(manifestName, int64(len(text)), strings.NewReader(string(text))); err != nil {
		return err
	}
	return errors.Join(out.Close(), z.Close())
}

// addTables dumps the tables into a folder first: an archive wants to know sizes.
func addTables(ctx context.Context, s *store.Store, add func(string, int64, io.Reader) error) (err error) {
	dir, err := os.MkdirTemp("", "candor-backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var tables []string
	if err := s.Dump(ctx, func(table string) (io.WriteCloser, error) {
		tables = append(tables, table)
		return os.OpenFile(filepath.Join(dir, table), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}); err != nil {
		return err
	}
	for _, t := range tables {
		f, err := os.Open(filepath.Join(dir, t))
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			err = add("tables/"+t+".jsonl", info.Size(), f)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// addBlobs copies the blobs. One that a purge takes away meanwhile is left out.
func addBlobs(ctx context.Context, b blob.Store, add func(string, int64, io.Reader) error) error {
	return b.List(ctx, "scans/", func(name string, size int64) error {
		r, err := b.Get(ctx, name)
		if errors.Is(err, blob.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(add("blobs/"+name, size, r), r.Close())
	})
}

func (c *Command) restoreCommand() *cobra.Command {
	o := &serviceOptions{}
	force := false
	cmd := &cobra.Command{
		Use:     "restore FILE",
		GroupID: "service",
		Short:   "Read a backup into an empty database",
		Long: `Restore reads an archive of 'candor backup' into a database, SQLite or PostgreSQL,
and its reports and evidence into the blobs. It checks the whole archive first;
one that is damaged changes nothing. A database that holds anything is refused,
unless --force replaces what is there. Stop the service meanwhile.

Scans that waited or ran when the backup was made are taken up again.`,
		Example: `  candor restore candor-2026-11-26.tar.zst
  candor restore --database postgres://candor@db/candor --blobs s3://host/bucket FILE`,
		Args: args(1, 1, "one file to read"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := c.configure(cmd, &o.options); err != nil {
				return err
			}
			m, err := verifyArchive(names[0])
			if err != nil {
				return usage("%s: %w", names[0], err)
			}
			return c.withKept(cmd.Context(), o, func(s *store.Store, b blob.Store) error {
				return c.restore(cmd.Context(), o, s, b, m, names[0], force)
			})
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.BoolVar(&force, "force", false, "replace what the database holds")
	o.keepFlags(fs)
	return cmd
}

// eachMember reads an archive from its begin to its end.
func eachMember(file string, each func(name string, size int64, r io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxMemory(maxMemory))
	if err != nil {
		return err
	}
	defer z.Close()
	in := tar.NewReader(z)
	for n := 0; ; n++ {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !memberName(h.Name) || h.Size > maxMemberBytes || n > maxMembers {
			return fmt.Errorf("%q is no part of a backup", h.Name)
		}
		if err := each(h.Name, h.Size, in); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// memberName reports whether a name is one that a backup has; what it names can
// only be a table or a blob.
func memberName(name string) bool {
	if table, ok := strings.CutPrefix(name, "tables/"); ok {
		table, ok = strings.CutSuffix(table, ".jsonl")
		return ok && table != "" && len(table) < 64 && strings.Trim(table, "abcdefghijklmnopqrstuvwxyz_0123456789") == ""
	}
	if b, ok := strings.CutPrefix(name, "blobs/scans/"); ok {
		return blob.Valid("scans/" + b)
	}
	return name == manifestName
}

// verifyArchive reads an archive whole and compares it with its manifest, which is
// its last member.
func verifyArchive(file string) (*manifest, error) {
	var m *manifest
	var seen []memberInfo
	err := eachMember(file, func(name string, size int64, r io.Reader) error {
		if m != nil {
			return errors.New("it stands after the manifest")
		}
		if name == manifestName {
			if size > maxManifest {
				return errors.New("it is too large")
			}
			m = &manifest{}
			return json.NewDecoder(r).Decode(m)
		}
		var sum hash.Hash = sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			return err
		}
		seen = append(seen, memberInfo{name, size, hex.EncodeToString(sum.Sum(nil))})
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("the backup is damaged: %w", err)
	case m == nil:
		return nil, errors.New("the backup is damaged: it has no manifest, so its end is missing")
	case m.Format != backupFormat:
		return nil, fmt.Errorf("the backup has format %d: expected %d; it was written by another version of Candor", m.Format, backupFormat)
	case len(seen) != len(m.Members):
		return nil, fmt.Errorf("the backup is damaged: it has %d parts, its manifest %d", len(seen), len(m.Members))
	}
	for i, x := range seen {
		if x != m.Members[i] {
			return nil, fmt.Errorf("the backup is damaged: %s is not what the manifest says", x.Name)
		}
	}
	return m, nil
}

func (c *Command) restore(ctx context.Context, o *serviceOptions, s *store.Store, b blob.Store, m *manifest, file string, force bool) (err error) {
	have, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if m.Schema > have {
		return usage("the backup has tables of version %d, this program knows %d: restore it with a newer version of Candor", m.Schema, have)
	}
	if !force {
		if empty, err := s.Empty(ctx); err != nil {
			return err
		} else if !empty {
			return usage("%w; --force replaces what is there", store.ErrNotEmpty)
		}
	}
	dir, err := os.MkdirTemp("", "candor-restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var tables []string
	n := 0
	// Blobs first: until the tables name them, nobody looks for them.
	if err := eachMember(file, func(name string, size int64, r io.Reader) error {
		want := manifestName
		if n < len(m.Members) {
			want = m.Members[n].Name
		}
		n++
		if name != want {
			return errors.New("the file has changed since it was checked")
		}
		if b, ok := strings.CutPrefix(name, "tables/"); ok {
			table := strings.TrimSuffix(b, ".jsonl")
			tables = append(tables, table)
			f, err := os.OpenFile(filepath.Join(dir, table), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			_, err = io.Copy(f, r)
			return errors.Join(err, f.Close())
		}
		if name, ok := strings.CutPrefix(name, "blobs/"); ok {
			return b.Put(ctx, name, r, size)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.Load(ctx, "candor restore", force, tables, func(table string) (io.ReadCloser, error) { return os.Open(filepath.Join(dir, table)) }); err != nil {
		return usage("%w", err)
	}
	if !o.quiet {
		fmt.Fprintf(c.Stdout, "Restored %d parts of the backup of %s\n", len(m.Members), m.Made.Format(time.RFC3339))
	}
	return nil
}
