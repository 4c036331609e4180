package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

type bucket struct {
	client *minio.Client
	name   string
	prefix string // "", or ends with a slash
}

func openS3(u *url.URL) (Store, error) {
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if u.Host == "" || name == "" {
		return nil, fmt.Errorf("blobs %s: expected s3://HOST/BUCKET", u.Redacted())
	}
	if prefix != "" {
		prefix += "/"
		if err := checkPrefix(prefix); err != nil {
			return nil, err
		}
	}
	creds := credentials.NewEnvAWS()
	if secret, ok := u.User.Password(); ok {
		creds = credentials.NewStaticV4(u.User.Username(), secret, "")
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: creds, Secure: u.Query().Get("insecure") == "", Region: u.Query().Get("region"), BucketLookup: minio.BucketLookupAuto})
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w", u.Redacted(), err)
	}
	return &bucket{client, name, prefix}, nil
}

func (b *bucket) Put(ctx context.Context, name string, r io.Reader, size int64) error {
	if err := checkName(name); err != nil {
		return err
	}
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, r, size, minio.PutObjectOptions{})
	return b.wrap(name, err)
}

func (b *bucket) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, errors.Join(err, ErrNotFound)
	}
	o, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.wrap(name, err)
	}
	if _, err := o.Stat(); err != nil { // the object is asked for only now
		return nil, errors.Join(b.wrap(name, err), o.Close())
	}
	return o, nil
}

func (b *bucket) List(ctx context.Context, prefix string, each func(string, int64) error) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return b.wrap(prefix, o.Err)
		}
		if err := each(strings.TrimPrefix(o.Key, b.prefix), o.Size); err != nil {
			return err
		}
	}
	return nil
}

func (b *bucket) Remove(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := b.wrap(name, b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (b *bucket) Delete(ctx context.Context, prefix string) error {
	return b.List(ctx, prefix, func(name string, _ int64) error {
		return b.wrap(name, b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}))
	})
}

func (b *bucket) Check(ctx context.Context) error { return check(ctx, b) }

func (b *bucket) wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	r := minio.ToErrorResponse(err)
	if r.StatusCode == http.StatusNotFound && r.Code != "NoSuchBucket" {
		err = ErrNotFound
	}
	return fmt.Errorf("%s in the bucket %s: %w", name, b.name, err)
}
