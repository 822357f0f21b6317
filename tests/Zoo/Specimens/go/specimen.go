// specimen HOW [COMMAND...]: a Go program that waits for its child, or for a client. ZOO_FORM=healthy: what hangs does not.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
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
		if os.Getenv("ZOO_FORM") == "listens" {
			told := make(chan os.Signal, 1)
			signal.Notify(told, syscall.SIGTERM)
			go func() {
				<-told
				stdin.Close()
			}()
		}
		command.Output()
		stdin.Close()
	case "talk":
		// Each of the two, parent and child, waits for the other's first word.
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			panic(err)
		}
		far := os.NewFile(uintptr(ends[1]), "far")
		command := exec.Command(os.Args[0], "listen")
		command.ExtraFiles = []*os.File{far}
		if err := command.Start(); err != nil {
			panic(err)
		}
		far.Close()
		listen(os.NewFile(uintptr(ends[0]), "near"))
	case "listen":
		listen(os.NewFile(3, "near"))
	case "talk-alone":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		client, _ := net.Dial("tcp", listener.Addr().String())
		server, _ := listener.Accept()
		listener.Close()
		if os.Getenv("ZOO_FORM") == "healthy" {
			time.AfterFunc(200*time.Second, func() { client.Write([]byte{1}) })
		}
		go server.Read(make([]byte, 1))
		client.Read(make([]byte, 1))
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

// listen waits for a word from the other end.
func listen(end *os.File) {
	near, err := net.FileConn(end)
	if err != nil {
		panic(err)
	}
	end.Close()
	if os.Getenv("ZOO_FORM") == "healthy" {
		time.AfterFunc(200*time.Second, func() { near.Write([]byte{1}) })
	}
	near.Read(make([]byte, 1))
}
