package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// answerTimeout bounds the wait for one answer.
const answerTimeout = 30 * time.Second

// keepAlive is one HTTP/1.1 connection that posts one request after the other. It is written by hand, because load program
// and server share the machine: what the generator spends, the server lacks.
type keepAlive struct {
	net.Conn
	r    *bufio.Reader
	body []byte // of the last answer
}

// dial opens a connection to a host:port.
func dial(address string) (*keepAlive, error) {
	c, err := net.DialTimeout("tcp", address, answerTimeout)
	if err != nil {
		return nil, err
	}
	return &keepAlive{Conn: c, r: bufio.NewReader(c)}, nil
}

// post sends a whole request and returns status and body of the answer; the body is valid until the next call.
func (k *keepAlive) post(request []byte) (int, []byte, error) {
	if err := k.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return 0, nil, err
	}
	if _, err := k.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := k.r.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, nil, fmt.Errorf("status line %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, nil, fmt.Errorf("status line %q", line)
	}
	length, err := readHeader(k.r)
	if err != nil {
		return 0, nil, err
	}
	if cap(k.body) < length {
		k.body = make([]byte, length)
	}
	k.body = k.body[:length]
	_, err = io.ReadFull(k.r, k.body)
	return status, k.body, err
}

var contentLength = []byte("content-length:")

// readHeader reads up to the empty line and returns the length of the body that follows. Chunks are not understood.
func readHeader(r *bufio.Reader) (int, error) {
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if len(line) > len(contentLength) && bytes.EqualFold(line[:len(contentLength)], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("a message without Content-Length")
	}
	return length, nil
}
