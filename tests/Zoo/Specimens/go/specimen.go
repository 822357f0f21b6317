// specimen HOW [COMMAND...]: a Go program that waits for its child, or for a client.
package main

import (
	"net"
	"os"
	"os/exec"
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
		command.Output()
		stdin.Close()
	}
}
