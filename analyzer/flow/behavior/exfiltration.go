package behavior

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"candor/analyzer/flow"
)

// exfiltration finds what was read for fingerprinting in what is sent to other
// parties: the picture of a canvas, its checksum or hash (MD5, SHA-1, SHA-256,
// CRC-32, MurmurHash3 of 32 and 128 bits), the name of the graphics card, the
// sum of audio samples. Such a hit is direct. A script that fingerprints and
// then sends something that is shaped like an identifier is indirect: hashes of
// several results together, as FingerprintJS makes them, cannot be made again.
//
// Misses: encrypted payloads, other hashes, results that are hashed together and
// sent by another script.
type exfiltration struct{ actors *actors }

var contentNames = map[string]string{
	"CanvasElement.toDataURL": "the picture of a canvas", "CanvasElement.toBlob": "the picture of a canvas", "Canvas.convertToBlob": "the picture of a canvas",
	"WebGLRenderingContext.getParameter": "the name of the graphics card", "AudioBuffer.getChannelData": "a sum of audio samples",
}

func (d *exfiltration) request(s *scan, x *flow.Exchange) {
	to, ok := receiver(x)
	if !ok {
		return
	}
	var texts []string
	for _, y := range d.actors.byPage[x.Page] {
		for _, c := range y.contents {
			if c.offset > x.OffsetMS+1000 { // clocks of two processes
				continue
			}
			if texts == nil {
				texts = outgoing(x)
			}
			for _, n := range spellings(c) {
				if slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, n.text) }) {
					name := contentNames[c.api]
					s.saw(sighting{
						kind: FingerprintExfiltration, vendor: to.Vendor, script: y.script, page: x.Page, state: x.State, evidence: x.ID, confidence: flow.Direct,
						detail: name + " left the page" + n.how,
					})
					break
				}
			}
		}
	}
}

// outgoing is what a request carries, lower case, taken apart as far as it goes.
func outgoing(x *flow.Exchange) []string {
	texts := []string{strings.ToLower(x.URL), strings.ToLower(x.PostData)}
	for _, p := range x.Pairs() {
		texts = append(texts, strings.ToLower(p.Value))
	}
	return texts
}

type spelling struct{ text, how string }

// spellings are the forms in which a result is looked for, lower case.
func spellings(c content) []spelling {
	v := c.value
	switch c.api {
	case "WebGLRenderingContext.getParameter":
		if len(v) < 10 {
			return nil
		}
		return append([]spelling{{strings.ToLower(v), ""}}, hashes(v)...)
	case "AudioBuffer.getChannelData":
		// Scripts round it differently: 124.04347527516074.
		if i := strings.IndexByte(v, '.'); i < 0 || len(v)-i < 6 || strings.HasPrefix(v, "0.") {
			return nil
		} else {
			return append([]spelling{{v[:i+6], ""}}, hashes(v)...)
		}
	}
	out := hashes(v)
	// Pictures of one size begin alike.
	if len(v) > 400 {
		out = append(out, spelling{strings.ToLower(v[len(v)-100 : len(v)-20]), ""})
	}
	if _, b64, ok := strings.Cut(v, ";base64,"); ok {
		if raw, err := base64.StdEncoding.DecodeString(b64); err == nil && len(raw) > 40 {
			out = append(out, hashes(string(raw))...)
			// The checksum of a PNG's last piece of picture, before the end mark.
			out = append(out, spelling{hex.EncodeToString(raw[len(raw)-16 : len(raw)-12]), " as its checksum"})
		}
	}
	return out
}

func hashes(v string) []spelling {
	b := []byte(v)
	m, s1, s256 := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b)
	h1, h2 := murmur128(b)
	return []spelling{
		{hex.EncodeToString(m[:]), " as its MD5"}, {hex.EncodeToString(s1[:]), " as its SHA-1"}, {hex.EncodeToString(s256[:]), " as its SHA-256"},
		{fmt.Sprintf("%08x", crc32.ChecksumIEEE(b)), " as its CRC-32"},
		{fmt.Sprintf("%d", murmur32(b, 31)), " as its MurmurHash3"}, {fmt.Sprintf("%016x%016x", h1, h2), " as its MurmurHash3"},
	}
}

// last tells what the other detectors' scripts sent.
func (d *exfiltration) last(s *scan) {
	prints := map[actorKey][]string{}
	for key := range s.found {
		switch key.kind {
		case CanvasFingerprinting, WebGLFingerprinting, AudioFingerprinting, FontFingerprinting:
			k := actorKey{script: key.script}
			prints[k] = append(prints[k], string(key.kind))
		}
	}
	if len(prints) == 0 {
		return
	}
	for _, x := range d.actors.all {
		script := x.script
		if v, ok := s.index[x.page]; ok && (script == s.visits[v].url || script == s.visits[v].final) {
			script = inline
		}
		if len(prints[actorKey{script: script}]) == 0 || !x.prints() {
			continue
		}
		for _, q := range x.sent {
			if q.body && q.tells {
				s.saw(sighting{
					kind: FingerprintExfiltration, vendor: q.vendor, script: x.script, page: x.page, state: x.state, evidence: q.id, confidence: flow.Indirect,
					detail: "a script that fingerprints sent an identifier",
				})
			}
		}
	}
}

// prints reports whether the script read anything of this page.
func (x *actor) prints() bool {
	for _, api := range []string{"CanvasElement.toDataURL", "CanvasElement.toBlob", "Canvas.convertToBlob", "CanvasRenderingContext2D.getImageData", "WebGLRenderingContext.getParameter", "AudioBuffer.getChannelData", "CanvasRenderingContext2D.measureText", "Element.offsetWidth"} {
		if x.has(api).count > 0 {
			return true
		}
	}
	return false
}
