package behavior

import "candor/analyzer/flow"

// audio finds scripts that let the browser make sound which nobody hears and
// read it back: an oscillator whose output is rendered off line and read
// (getChannelData, copyFromChannel), or read through an analyser
// (Englehardt and Narayanan, CCS 2016, section 6.4).
//
// Misses: sound that is read in an AudioWorklet, or by a script of its own.
type audio struct{ actors *actors }

func (d *audio) end(s *scan) {
	for _, x := range d.actors.all {
		made := x.has("BaseAudioContext.createOscillator")
		if made.count == 0 {
			continue
		}
		read := x.has("AudioBuffer.getChannelData").count+x.has("AudioBuffer.copyFromChannel").count > 0 && x.has("OfflineAudioContext.startRendering").count > 0
		heard := x.has("AnalyserNode.getFloatFrequencyData").count > 0
		if !read && !heard {
			continue
		}
		var with []string
		if x.has("BaseAudioContext.createDynamicsCompressor").count > 0 {
			with = append(with, "a compressor")
		}
		x.saw(s, AudioFingerprinting, flow.Strong, made.id, "sound was made and its samples read back (Englehardt and Narayanan 2016)", with...)
	}
}
