package browser

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// chromiumCPU is the processor time in milliseconds that processes whose command line has marker used so far (Linux).
func chromiumCPU(marker string) float64 {
	total := 0.0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, s := range stats {
		cmd, err := os.ReadFile(filepath.Join(filepath.Dir(s), "cmdline"))
		if err != nil || !strings.Contains(string(cmd), marker) {
			continue
		}
		data, err := os.ReadFile(s)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(data), ") ")
		f := strings.Fields(rest)
		for _, i := range []int{11, 12, 13, 14} { // utime stime cutime cstime
			n, _ := strconv.ParseFloat(f[i], 64)
			total += n * 10
		}
	}
	return total
}
