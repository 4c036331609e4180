package behavior

import "candor/crawler/evidence"

// NewWith returns a Finder to which a script is a fingerprinting one.
func NewWith(script string) *Finder { return newFinder(append(detectors(), told{script})...) }

type told struct{ script string }

func (d told) page(s *scan, p *evidence.Page) {
	s.saw(sighting{kind: CanvasFingerprinting, script: d.script, page: p.ID, state: p.State, detail: "told"})
}
