package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor/crawler/evidence"
	"candor/reports"
	"candor/reports/html"
	"candor/reports/pdf"
	"candor/reports/plain"
)

// organisation renders one page over the scans of several sites. A folder that
// cannot be read is a gap in it, and an incomplete page does not pass as whole.
func (c *Command) organisation(o *options, folders []string) error {
	for _, f := range o.formats {
		if f != "html" && f != "json" && f != "pdf" {
			return usage("several folders make one page over their sites, as html, json and pdf; %q is for one folder", f)
		}
	}
	for _, folder := range folders {
		if info, err := os.Stat(folder); err != nil {
			return &exitError{exitUsage, err}
		} else if !info.IsDir() {
			return usage("%s is a file; expected report folders", folder)
		}
	}
	files, err := c.organisationFiles(o)
	if err != nil {
		return err
	}
	sites, failed, err := c.gather(o, folders, filepath.Dir(files[0].name))
	if err != nil {
		return err
	}
	org := sites.Organisation()
	if len(org.Sites) == 0 {
		return usage("none of the %d folders holds a scan.json that can be read; the first: %s: %s", len(folders), folders[0], org.Gaps[0].Why)
	}
	for _, f := range files {
		var buf bytes.Buffer
		if err := f.write(&buf, org); err != nil {
			return err
		}
		if err := writeNew(f.name, buf.Bytes()); err != nil {
			return err
		}
		if !o.quiet {
			fmt.Fprintln(c.Stdout, f.name)
		}
	}
	if failed {
		return &exitError{code: exitFindings}
	}
	if missing := org.Summary.Unscanned + org.Summary.Incomplete; missing > 0 {
		return &exitError{exitIncomplete, fmt.Errorf("%d of %d sites could not be scanned or their scan is incomplete; the page says which", missing, len(org.Sites)+unread(org))}
	}
	return nil
}

func unread(org *reports.Organisation) int {
	n := 0
	for _, g := range org.Gaps {
		if g.Kind == "unreadable" {
			n++
		}
	}
	return n
}

type orgFile struct {
	name  string
	write func(io.Writer, *reports.Organisation) error
}

// organisationFiles are the files to write: in a new folder, or where --out
// names a page.
func (c *Command) organisationFiles(o *options) ([]orgFile, error) {
	page, data, paper := "", "", ""
	if ext := filepath.Ext(o.out); strings.EqualFold(ext, ".html") || strings.EqualFold(ext, ".htm") {
		page, data, paper = o.out, strings.TrimSuffix(o.out, ext)+".json", strings.TrimSuffix(o.out, ext)+".pdf"
	} else {
		dir := cmp.Or(o.out, "candor-organisation-"+c.Now().UTC().Format("20060102-150405"))
		if err := freshDir(dir); err != nil {
			return nil, err
		}
		page, data, paper = filepath.Join(dir, "index.html"), filepath.Join(dir, "organisation.json"), filepath.Join(dir, "organisation.pdf")
	}
	var out []orgFile
	if slices.Contains(o.formats, "html") {
		out = append(out, orgFile{page, html.OrganisationIn(o.language)})
	}
	if slices.Contains(o.formats, "json") {
		out = append(out, orgFile{data, func(w io.Writer, org *reports.Organisation) error { return org.WriteJSON(w) }})
	}
	if slices.Contains(o.formats, "pdf") {
		out = append(out, orgFile{paper, func(w io.Writer, org *reports.Organisation) error {
			return pdf.Organisation(context.Background(), filepath.Dir(paper), w, org, html.OrganisationIn(o.language), c.printing(o))
		}})
	}
	for _, f := range out {
		if _, err := os.Stat(f.name); err == nil {
			return nil, usage("%s exists and is left as it is; name another file or folder with --out", f.name)
		}
	}
	return out, nil
}

// writeNew writes a file that was not there before.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return usage("--out: %w", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// gather reads the folders one after the other. failed says that a site's newest
// scan has a finding at or above --fail-on.
func (c *Command) gather(o *options, folders []string, beside string) (sites *reports.Sites, failed bool, err error) {
	sites = &reports.Sites{}
	rest := int64(reports.MaxOrganisationBytes)
	fails := map[string]bool{}
	for _, folder := range folders {
		if info, err := os.Stat(filepath.Join(folder, "scan.json")); err == nil {
			if rest -= info.Size(); rest < 0 {
				return nil, false, usage("the scans are larger than %d bytes together; name fewer of them", int64(reports.MaxOrganisationBytes))
			}
		}
		rep, err := readReport(folder)
		if err != nil {
			name, why := unscanned(folder, err)
			sites.Unreadable(name, why)
			continue
		}
		if o.score {
			rep.AskForScore()
		}
		sites.Add(reports.OrgScan{Report: rep, Link: linkTo(beside, folder), Incomplete: incomplete(rep, o.minCoverage)})
		if atOrAbove(rep, o.failOn) {
			fails[rep.ScanID+"\x00"+rep.StartedAt] = true
		}
	}
	for _, s := range sites.Organisation().Sites {
		failed = failed || fails[s.ScanID+"\x00"+s.StartedAt]
	}
	return sites, failed, nil
}

// unscanned names a folder without a report by the site that its evidence was
// to be of, where that can be read, and says why nothing is known of it.
func unscanned(folder string, err error) (name, why string) {
	name = filepath.Base(filepath.Clean(folder))
	if _, statErr := os.Stat(filepath.Join(folder, "scan.json")); !errors.Is(statErr, fs.ErrNotExist) {
		return name, "its scan.json is not that of a scan: " + plain.Terminal(err.Error(), 200)
	}
	r, err := evidence.Open(folder)
	if err != nil {
		return name, "it holds no scan.json"
	}
	defer r.Close()
	if urls := r.Meta().URLs; len(urls) > 0 {
		if u, err := url.Parse(urls[0]); err == nil && u.Hostname() != "" {
			name = u.Hostname()
		}
	}
	return name, "it holds evidence and no scan.json; 'candor analyze' makes one"
}

// linkTo is the page of a folder as an address from another folder, or "" when
// there is none.
func linkTo(from, folder string) string {
	file := filepath.Join(folder, "index.html")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	a, errA := filepath.Abs(from)
	b, errB := filepath.Abs(file)
	if errA != nil || errB != nil {
		return ""
	}
	rel, err := filepath.Rel(a, b)
	if err != nil { // another volume
		return ""
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "./" + strings.Join(parts, "/")
}
