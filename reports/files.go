package reports

import "slices"

// Beside reports whether a file of another format is written into the same
// folder, so that a page can lead to it.
func (rep *Report) Beside(file string) bool { return slices.Contains(rep.beside, file) }

// Files lists the files that Write makes for these formats, besides the texts
// of policies, in the order of writing.
func Files(formats []string, more ...Renderer) []string {
	var files []string
	for _, r := range append(builtin(), more...) {
		if slices.Contains(formats, r.Name) {
			files = append(files, r.File)
		}
	}
	return files
}
