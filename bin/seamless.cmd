@echo off
rem Seamless's command line, run by the Node of the editor whose terminal this is, else by the one on the path.
setlocal
set "cli=%~dp0..\dist\cli.js"

rem After an update the editor that opened this terminal may be gone.
if not defined SEAMLESS_NODE goto path
if not exist "%SEAMLESS_NODE%" goto path
rem An editor of Electron opens a window unless told to be Node. Node itself does not look at it.
set "ELECTRON_RUN_AS_NODE=1"
"%SEAMLESS_NODE%" "%cli%" %*
exit /b %ERRORLEVEL%

:path
where /q node
if errorlevel 1 goto missing
node "%cli%" %*
exit /b %ERRORLEVEL%

:missing
echo seamless needs Node: open a new terminal in VS Code, which brings its own, or install Node 20.12 or later. 1>&2
exit /b 127
