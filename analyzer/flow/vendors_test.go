package flow

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"candor/crawler/evidence"
	"candor/rules"
)

var update = flag.Bool("update", false, "write what the decoders find into testdata/vendors")

// TestVendors decodes requests as the products' libraries send them, with made-up
// values, and compares everything that is found, each with the parameter that
// proves it. The requests are testdata/vendors/*.txt, one file a product: near
// misses stand beside the real ones. A parameter that is not in a list must not
// be found, so each list is whole.
func TestVendors(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/vendors/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no requests: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := false
		for i := range archive.Files {
			name, ok := strings.CutSuffix(archive.Files[i].Name, ".http")
			if !ok {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+name, func(t *testing.T) {
				got := decoded(t, set, string(archive.Files[i].Data))
				if i+1 == len(archive.Files) || archive.Files[i+1].Name != name+".want" {
					if !*update {
						t.Fatalf("%s.want is missing after it; -update writes it", name)
					}
					archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: name + ".want"})
				}
				want := &archive.Files[i+1]
				switch {
				case string(want.Data) == got:
				case *update:
					want.Data, changed = []byte(got), true
				default:
					t.Errorf("found\n%s\nwant\n%s", got, want.Data)
				}
			})
		}
		if changed {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// decoded lists who a request goes to and what its values tell.
func decoded(t *testing.T, set *rules.Set, text string) string {
	t.Helper()
	r := parseRequest(t, text)
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuilder(set, NewSite([]string{"https://www.shop.test/"}, nil))
	w := b.parties.at(u.Hostname(), u.Path)
	table, meant := b.spoken(w, u, r)
	who := "recipient " + w.id
	if table != w.vendor {
		who += ", in the format of " + table.ID
	}
	if meant != nil {
		who += ", which may pass it on"
	}
	found := map[string]bool{}
	for _, p := range b.payload.Read(u, r) {
		b.pair(w, table, p, func(data string, _ Confidence, detail string) {
			found[fmt.Sprintf("%-22s %s", data, strings.TrimPrefix(detail, "parameter "))] = true
		})
	}
	return who + "\n" + strings.Join(append(keys(found), ""), "\n")
}

// parseRequest reads a request: its line, which may go on in lines that begin
// with a space, headers, an empty line and a body. The header "pack" says what
// to make of the body first: "gzip", "zlib", "base64", in this order, or "lines"
// that are joined.
func parseRequest(t *testing.T, text string) *evidence.Request {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	r := &evidence.Request{ID: "p0001.none/r0001", Page: "p0001.none", State: "none", Status: 200, Type: "Fetch", Headers: map[string]string{}}
	for i, line := range strings.Split(strings.TrimSpace(head), "\n") {
		switch {
		case i == 0:
			r.Method, r.URL, _ = strings.Cut(line, " ")
		case strings.HasPrefix(line, " "):
			r.URL += strings.TrimSpace(line)
		default:
			name, value, _ := strings.Cut(line, ": ")
			r.Headers[name] = value
		}
	}
	body = strings.TrimSuffix(body, "\n")
	packs := strings.Fields(r.Headers["pack"])
	delete(r.Headers, "pack")
	data := []byte(body)
	for _, how := range packs {
		data = packed(t, how, data)
	}
	if strings.HasPrefix(r.URL, "ws") {
		r.Type = "WebSocket"
		for line := range strings.Lines(string(data)) {
			r.Messages = append(r.Messages, evidence.SocketMessage{Sent: true, Opcode: 1, Data: strings.TrimSpace(line)})
		}
		return r
	}
	r.PostData = string(data)
	if len(packs) > 0 && packs[len(packs)-1] != "base64" && packs[len(packs)-1] != "lines" {
		r.PostData, r.PostBase64 = base64.StdEncoding.EncodeToString(data), true
	}
	return r
}

func packed(t *testing.T, how string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "lines":
		return bytes.ReplaceAll(data, []byte("\n"), nil)
	case "base64":
		return []byte(base64.StdEncoding.EncodeToString(data))
	case "data=base64":
		return []byte("data=" + url.QueryEscape(base64.StdEncoding.EncodeToString(data)))
	case "binary":
		return append([]byte{0, 1, 0xff, 0xfe}, data...)
	case "crlf":
		return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	default:
		t.Fatalf("pack %q is not known", how)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
