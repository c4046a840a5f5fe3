// Package archive writes ZIP files part by part, with nothing to remember between two parts but a small value: so that a job can
// write a file of any length with flat memory, each part in another process.
package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"math"
)

// Zip is a ZIP file that is being written; the zero value begins one. It is all that has to be remembered between two parts, as
// JSON: what is compressed begins anew in each part, which the format allows. Sizes and checksums follow the content
// (APPNOTE 4.3.9); from 4 GB on in the ZIP64 form (4.3.14).
type Zip struct {
	Entries []Entry
	Written int64 // bytes so far
	Open    bool  // the last entry takes more
}

// Entry is one file of the archive.
type Entry struct {
	Name   string
	CRC    uint32
	Packed int64 // bytes in the archive
	Size   int64 // bytes of the content
	Offset int64 // of its beginning, in bytes from that of the archive
}

const (
	zipVersion   = 20
	zip64Version = 45
	zipFlags     = 0x808 // sizes follow; names are UTF-8
	zipDeflate   = 8
	zipDate      = 0x21 // 1 January 1980: when a file was made says nothing about its answers
)

// Begin starts a file of the archive: what it writes to b follows what earlier parts wrote.
func (z *Zip) Begin(b *bytes.Buffer, name string) {
	e := Entry{Name: name, Offset: z.Written}
	start := b.Len()
	put(b, uint32(0x04034b50), uint16(zipVersion), uint16(zipFlags), uint16(zipDeflate), uint16(0), uint16(zipDate))
	put(b, uint32(0), uint32(0), uint32(0), uint16(len(name)), uint16(0))
	b.WriteString(name)
	z.Entries, z.Open = append(z.Entries, e), true
	z.Written += int64(b.Len() - start)
}

// Add adds to the file that was begun last; last ends it. It fails only when the compressor does.
func (z *Zip) Add(b *bytes.Buffer, content []byte, last bool) error { //nolint:revive // where in the file the part stands
	e := &z.Entries[len(z.Entries)-1]
	start := b.Len()
	w, err := flate.NewWriter(b, flate.DefaultCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	end := w.Flush
	if last {
		end = w.Close
	}
	if err := end(); err != nil {
		return err
	}
	e.CRC = crc32.Update(e.CRC, crc32.IEEETable, content)
	e.Size += int64(len(content))
	e.Packed += int64(b.Len() - start)
	if last {
		z.Open = false
		put(b, uint32(0x08074b50), e.CRC)
		if e.long() {
			put(b, uint64(e.Packed), uint64(e.Size))
		} else {
			put(b, uint32(e.Packed), uint32(e.Size)) //nolint:gosec // checked by long
		}
	}
	z.Written += int64(b.Len() - start)
	return nil
}

func (e *Entry) long() bool { return e.Packed >= math.MaxUint32 || e.Size >= math.MaxUint32 }

// End writes the directory, which ends the archive.
func (z *Zip) End(b *bytes.Buffer) {
	start, offset := b.Len(), z.Written
	for i := range z.Entries {
		e := &z.Entries[i]
		long := e.long() || e.Offset >= math.MaxUint32
		version, extra := uint16(zipVersion), uint16(0)
		packed, size, at := uint32(e.Packed), uint32(e.Size), uint32(e.Offset) //nolint:gosec // replaced when too large
		if long {
			version, extra, packed, size, at = zip64Version, 28, math.MaxUint32, math.MaxUint32, math.MaxUint32
		}
		put(b, uint32(0x02014b50), uint16(3<<8)|version, version, uint16(zipFlags), uint16(zipDeflate), uint16(0), uint16(zipDate))
		put(b, e.CRC, packed, size, uint16(len(e.Name)), extra, uint16(0), uint16(0), uint16(0), uint32(0o100644<<16), at)
		b.WriteString(e.Name)
		if long {
			put(b, uint16(1), uint16(24), uint64(e.Size), uint64(e.Packed), uint64(e.Offset))
		}
	}
	length, n := int64(b.Len()-start), len(z.Entries)
	if offset >= math.MaxUint32 || n >= math.MaxUint16 {
		at := offset + length
		put(b, uint32(0x06064b50), uint64(44), uint16(zip64Version), uint16(zip64Version), uint32(0), uint32(0), uint64(n), uint64(n), uint64(length), uint64(offset))
		put(b, uint32(0x07064b50), uint32(0), uint64(at), uint32(1))
		n, length, offset = math.MaxUint16, math.MaxUint32, math.MaxUint32
	}
	put(b, uint32(0x06054b50), uint16(0), uint16(0), uint16(n), uint16(n), uint32(length), uint32(offset), uint16(0)) //nolint:gosec // replaced when too large
	z.Written += int64(b.Len() - start)
}

// put writes numbers in the order of bytes that the format has.
func put(b *bytes.Buffer, values ...any) {
	var buf [8]byte
	for _, v := range values {
		switch v := v.(type) {
		case uint16:
			b.Write(binary.LittleEndian.AppendUint16(buf[:0], v))
		case uint32:
			b.Write(binary.LittleEndian.AppendUint32(buf[:0], v))
		case uint64:
			b.Write(binary.LittleEndian.AppendUint64(buf[:0], v))
		}
	}
}
