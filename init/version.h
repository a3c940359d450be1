/*
 * version: the release, as PID 1 announces it.
 */
#ifndef TINYINIT_VERSION_H
#define TINYINIT_VERSION_H

#define TINYINIT_VERSION "0.1"

#endif
