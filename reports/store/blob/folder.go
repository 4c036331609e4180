package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

type folder struct{ root *os.Root }

func openFolder(dir string) (Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	return &folder{root}, nil
}

func (f *folder) path(name string) string {
	return filepath.Join(f.root.Name(), filepath.FromSlash(name))
}

func (f *folder) Put(ctx context.Context, name string, r io.Reader, _ int64) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return writeWhole(f.path(name), r)
}

func (f *folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, errors.Join(err, ErrNotFound)
	}
	file, err := f.root.Open(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f *folder) List(ctx context.Context, prefix string, each func(string, int64) error) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	return fs.WalkDir(f.root.FS(), strings.TrimSuffix(prefix, "/"), func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && d == nil:
			return nil // nothing is below it
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".part-"):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return each(name, info.Size())
	})
}

func (f *folder) Remove(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := f.root.Remove(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *folder) Delete(_ context.Context, prefix string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	return os.RemoveAll(f.path(prefix))
}

func (f *folder) Check(ctx context.Context) error { return check(ctx, f) }
