//go:build unix

package browser

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the browser in a process group of its own: Ctrl-C reaches
// Candor first, which then closes the browser in order.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // gone already is fine
	}
}
