// specimen HOW [COMMAND...]: a Go program that waits for its child, or for a client. ZOO_FORM=healthy: what hangs does not.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

func main() {
	switch os.Args[1] {
	case "idle":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		for {
			listener.Accept()
		}
	case "wait":
		exec.Command(os.Args[2], os.Args[3:]...).Run()
	case "read":
		command := exec.Command(os.Args[2], os.Args[3:]...)
		stdin, _ := command.StdinPipe()
		if os.Getenv("ZOO_FORM") == "healthy" {
			time.AfterFunc(200*time.Second, func() { stdin.Close() })
		}
		command.Output()
		stdin.Close()
	case "reap":
		command := exec.Command(os.Args[2], os.Args[3:]...)
		ready := os.NewFile(99, "ready")
		command.ExtraFiles = make([]*os.File, 97)
		command.ExtraFiles[96] = ready
		stdin, _ := command.StdinPipe()
		if os.Getenv("ZOO_FORM") == "healthy" {
			time.AfterFunc(200*time.Second, func() { stdin.Close() })
		}
		if err := command.Start(); err != nil {
			panic(err)
		}
		fmt.Fprintf(ready, "role runner %d\n", os.Getpid())
		ready.Close()
		command.Wait()
	}
}
