#!/bin/sh
# What goes where?  `make install` calls this with what it has built, and PREFIX, LIBNAME, DESTDIR, OUT, VERSION, SONAME,
# LIBS and LEVELS in the environment; `make uninstall` with the word uninstall.
#
#   bin/deepen                     one program for all; those that it calls are in libexec/deepen
#   include/deepen                 public headers (headers.sh)
#   LIBNAME                        libdeepen.a and libdeepen.so, whose faster builds for newer processors are where the
#                                  loader looks for them: glibc-hwcaps/x86-64-v3 and -v4; files for pkg-config and CMake
#   share                          man pages, completion for three shells, documentation, list of installed files
#
# LIBNAME is lib, or lib/x86_64-linux-gnu.  Nothing outside DESTDIR PREFIX is touched.

set -eu
to=$DESTDIR$PREFIX list=share/deepen/files

if [ "${1:-}" = uninstall ]; then
    [ -e "$to/$list" ] || { echo "make uninstall: Deepen is not installed in $to." >&2; exit 1; }
    (cd "$to" && while IFS= read -r file; do rm -f "$file"; done <"$list"
     rm -f "$list"
     # Folders that are empty now and are nobody else's.
     for folder in include/deepen libexec/deepen share/deepen share/doc/deepen "$LIBNAME/cmake/Deepen"; do
         [ ! -d "$folder" ] || find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true
     done)
    echo "Deepen is no longer in $to."
    exit
fi

case $PREFIX in
    /*) ;;
    *) echo "make install: PREFIX=$PREFIX is no whole path.  Try PREFIX=$(pwd)/$PREFIX." >&2; exit 1 ;;
esac
if ! mkdir -p "$to" 2>/dev/null || [ ! -w "$to" ]; then
    echo "make install: nothing may be written into $to.  Try sudo make install, or PREFIX=\$HOME/.local." >&2
    exit 1
fi

# Everything is made in a folder of its own first, so that a failure leaves no half of it.
stage=$OUT/stage
rm -rf "$stage"
put() {  # put MODE FOLDER FILE...
    mode=$1 folder=$stage/$2
    shift 2
    mkdir -p "$folder" && cp "$@" "$folder" && for file; do chmod "$mode" "$folder/${file##*/}"; done
}
filled() {  # a template, with what it asks for
    up=$(echo "$LIBNAME/cmake/Deepen" | sed 's|[^/][^/]*|..|g')
    sed -e "s|@PREFIX@|$PREFIX|g; s|@LIBNAME@|$LIBNAME|g; s|@VERSION@|$VERSION|g; s|@SONAME@|$SONAME|g" \
        -e "s|@LIBS@|$LIBS|g; s|@UP@|$up|g; s|@CMAKE_LIBS@|$(echo $LIBS | tr ' ' ';')|g" "$1"
}
library() {  # library FOLDER FILE
    put 644 "$1" "$2"
    mv "$stage/$1/$SONAME" "$stage/$1/libdeepen.so.$VERSION"
    ln -s "libdeepen.so.$VERSION" "$stage/$1/$SONAME"
}

put 755 bin "$OUT/installed/deepen"
for program in "$OUT"/installed/*; do
    [ "${program##*/}" = deepen ] || put 755 libexec/deepen "$program"
done
put 644 share/deepen examples/common/pytorch_step.py

sh packaging/headers.sh "$stage/include"
put 644 "$LIBNAME" "$OUT/libdeepen.a"
library "$LIBNAME" "$OUT/$SONAME"
ln -s "$SONAME" "$stage/$LIBNAME/libdeepen.so"
for level in $LEVELS; do library "$LIBNAME/glibc-hwcaps/$level" "$BUILD/levels/$level/$SONAME"; done
mkdir -p "$stage/$LIBNAME/pkgconfig" "$stage/$LIBNAME/cmake/Deepen"
filled packaging/deepen.pc.in >"$stage/$LIBNAME/pkgconfig/deepen.pc"
for file in DeepenConfig DeepenConfigVersion; do
    filled packaging/$file.cmake.in >"$stage/$LIBNAME/cmake/Deepen/$file.cmake"
done

put 644 share/bash-completion/completions packaging/completions/deepen.bash
mv "$stage/share/bash-completion/completions/deepen.bash" "$stage/share/bash-completion/completions/deepen"
put 644 share/zsh/site-functions packaging/completions/_deepen
put 644 share/fish/vendor_completions.d packaging/completions/deepen.fish
mkdir -p "$stage/share/man/man1"
for program in "$OUT"/installed/*; do
    name=${program##*/}
    page=deepen-$name && [ "$name" = deepen ] && page=deepen
    LD_LIBRARY_PATH=$stage/$LIBNAME "$program" --man >"$stage/share/man/man1/$page.1"
done

if [ -n "$STRIP" ]; then
    find "$stage/bin" "$stage/libexec" "$stage/$LIBNAME" -type f ! -name '*.*' -exec $STRIP {} + \
        -o -type f -name "libdeepen.so.*" -exec $STRIP {} +
fi

put 644 share/doc/deepen README.md CHANGELOG.md CITATION.cff LICENSE
find docs -type f ! -name '*.safetensors' | while IFS= read -r file; do
    put 644 "share/doc/deepen/$(dirname "$file")" "$file"
done
sh packaging/api.sh >"$stage/share/doc/deepen/docs/api.html"

mkdir -p "$stage/share/deepen"
(cd "$stage" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort | grep -vxF "$list") >"$stage.files"
mv "$stage.files" "$stage/$list"
(cd "$stage" && tar cf - .) | (cd "$to" && tar xof -)
rm -rf "$stage"
# The loader keeps a list of the libraries in its folders.
[ -n "$DESTDIR" ] || ldconfig 2>/dev/null || true
echo "Deepen $VERSION is in $to: $(wc -l <"$to/$list") files.  Try $PREFIX/bin/deepen --help."
