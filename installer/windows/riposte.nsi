; SPDX-License-Identifier: Apache-2.0
; The Windows installer; make.sh runs it through makensis with these defined:
;   VERSION, VERSION_NUMBERS (four), KILOBYTES, STAGE (its directory of files), OUTPUT, SIGN (a program) if it is signed,
;   QUICK for a test, that need not wait for the smallest file
; Exit codes of installer and uninstaller: 0 done, 1 failed, 2 bad parameters.
Target amd64-unicode
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
!endif
!include LogicLib.nsh
!include MUI2.nsh
!include WinVer.nsh
!include WordFunc.nsh
!include "${STAGE}/files.nsh"
!include parameters.nsh
!include steps.nsh

Name "Riposte"
Caption "Riposte ${VERSION}"
BrandingText " "
OutFile "${OUTPUT}"
RequestExecutionLevel admin
ManifestSupportedOS Win10
ManifestDPIAware true
InstallDir "$PROGRAMFILES64\Riposte"
; An upgrade goes where the old version is.
InstallDirRegKey HKLM "${UNINSTALL_KEY}" "InstallLocation"
ShowInstDetails show
ShowUninstDetails show
VIProductVersion "${VERSION_NUMBERS}"
VIAddVersionKey "ProductName" "Riposte"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Installer of Riposte, active responses for Wazuh and OSSEC"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"
!ifdef SIGN
  !uninstfinalize '"${SIGN}" "%1"' = 0
  !finalize '"${SIGN}" "%1"' = 0
!endif

!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${STAGE}/files/LICENSE.txt"
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipIfInstalled
!insertmacro MUI_PAGE_DIRECTORY
Page custom AskManager TakeManager
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_NOAUTOCLOSE
!define MUI_FINISHPAGE_TEXT "What was done is in $INSTDIR\install.log.$\r$\n$\r$\nIn a new command prompt, riposte doctor examines the \
installation, and riposte help lists what else there is."
!insertmacro MUI_PAGE_FINISH
!define MUI_UNCONFIRMPAGE_TEXT_TOP "Everything that is in force is undone first: blocks, routes, locked accounts and quarantined files that \
have a timeout. $APPDATA\Riposte with configuration, keys and history is kept."
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

; ---- before anything is done ----

; Ends it: for the window, the log file and the exit code.
!macro Refuse code text
  ${Say} `${text}`
  MessageBox MB_OK|MB_ICONSTOP `${text}` /SD IDOK
  SetErrorLevel ${code}
  Quit
!macroend
!define Refuse "!insertmacro Refuse"

Function .onInit
  ; $APPDATA is C:\ProgramData.
  SetShellVarContext all
  Call ForgetEnvironment
  StrCpy $logFile "$TEMP\riposte-install.log"
  Call OpenLog
  Call ReadCommandLine
  ${IfThen} $mistake == "" ${|} Call CheckValues ${|}
  ${If} $mistake != ""
    ${Refuse} 2 $mistake
  ${EndIf}
  ${IfNot} ${AtLeastWin10}
    ${Refuse} 1 "Riposte needs Windows 10, Windows Server 2016 or newer."
  ${EndIf}
  System::Call 'kernel32::CreateMutex(p 0, i 0, t "Global\RiposteSetup") p .r0 ?e'
  Pop $0
  ${If} $0 = 183 ; ERROR_ALREADY_EXISTS
    ${Refuse} 1 "Riposte is being installed or removed already."
  ${EndIf}
  Call CheckPresent
FunctionEnd

; There is one service, and it is upgraded where it is, to what is not older: an old program cannot read a newer ledger.
Function CheckPresent
  Call FindService
  ${If} $service != ""
  ${AndIf} $service != "here"
    ${Refuse} 1 "The service Riposte is installed already, and its program is not in $INSTDIR: $service. Remove it, or install there."
  ${EndIf}
  ReadRegStr $0 HKLM "${UNINSTALL_KEY}" "DisplayVersion"
  ${If} $service == "here"
  ${AndIf} $0 != ""
    ${VersionCompare} $0 "${VERSION}" $1
    ${If} $1 = 1
      ${Refuse} 1 "Riposte $0 is installed, which is newer than ${VERSION}."
    ${EndIf}
  ${EndIf}
FunctionEnd

Function SkipIfInstalled
  ${IfThen} $service == "here" ${|} Abort ${|}
FunctionEnd

; ---- the page that asks for the manager ----

Var field_manager
Var field_password
Var field_name
Var field_groups

!macro Field top text kind variable value
  ${NSD_CreateLabel} 0 ${top}u 34% 12u "${text}"
  Pop $0
  ${NSD_Create${kind}} 36% ${top}u 64% 12u ${value}
  Pop ${variable}
!macroend

Function AskManager
  ; An upgrade leaves keys and configuration alone.
  Call SkipIfInstalled
  !insertmacro MUI_HEADER_TEXT "The manager" "From which Wazuh or OSSEC manager does this computer take requests?"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 32u "All of this may stay empty, and be done later with riposte enroll. Without a manager of its own, Riposte does what \
its command line asks for. Certificates and ports are given on the installer's command line."
  Pop $0
  !insertmacro Field 38 "Address of the manager" Text $field_manager $manager
  !insertmacro Field 56 "Password of its enrolment" Password $field_password $password
  !insertmacro Field 74 "Name of this agent" Text $field_name $name
  !insertmacro Field 92 "Groups to join, as in web,dmz" Text $field_groups $groups
  ${NSD_SetFocus} $field_manager
  nsDialogs::Show
FunctionEnd

Function TakeManager
  ${NSD_GetText} $field_manager $manager
  ${NSD_GetText} $field_password $password
  ${NSD_GetText} $field_name $name
  ${NSD_GetText} $field_groups $groups
  StrCpy $mistake ""
  Call CheckValues
  ${If} $mistake != ""
    MessageBox MB_OK|MB_ICONEXCLAMATION $mistake
    Abort
  ${EndIf}
FunctionEnd

; ---- installation and upgrade ----

!macro Fail text
  ${Say} `${text}`
  Abort `${text}`
!macroend
!define Fail "!insertmacro Fail"

Section
  AddSize ${KILOBYTES}
  ; Until the end is reached, and wherever it stops.
  SetErrorLevel 1
  ; The directory may have been chosen meanwhile.
  Call CheckPresent
  CreateDirectory $INSTDIR
  ${If} $log != ""
    FileClose $log
    Delete $logFile
  ${EndIf}
  StrCpy $logFile "$INSTDIR\install.log"
  Call OpenLog
  Call CloseDirectory
  ${Say} "Riposte ${VERSION} into $INSTDIR"
  Call ExtractFiles
  ${If} $service == "here"
    Call Upgrade
  ${Else}
    Call Install
  ${EndIf}
SectionEnd

; Below Program Files only administrators write. Elsewhere everybody may, and the service runs as SYSTEM.
Function CloseDirectory
  StrLen $0 "$PROGRAMFILES64\"
  StrCpy $1 $INSTDIR $0
  ${IfThen} $1 == "$PROGRAMFILES64\" ${|} Return ${|}
  nsExec::ExecToStack '"$SYSDIR\icacls.exe" "$INSTDIR" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX'
  Pop $0
  Pop $1
  ${If} $0 != 0
    ${Fail} "$INSTDIR cannot be closed to users who are no administrators: $1"
  ${EndIf}
FunctionEnd

Function Install
  Call ReplaceFiles
  ${If} $failed != ""
    Call RemoveFiles
    ${Fail} "Nothing was installed."
  ${EndIf}
  ${Riposte} "service install --path"
  ${If} $exitCode != 0
    Call RemoveFiles
    ${Fail} "The service cannot be installed: $output"
  ${EndIf}
  Call Register
  SetOutPath "$APPDATA\Riposte"
  ${IfNot} ${FileExists} "$APPDATA\Riposte\riposte.conf"
    File "${STAGE}/files/riposte.conf"
  ${EndIf}
  SetOutPath $INSTDIR
  SetErrorLevel 0
  Call Enrol
  ${If} $noStart == ""
    ${Riposte} "service start"
    ${If} $exitCode != 0
      SetErrorLevel 1
      ${Fail} "Riposte is installed, but its service did not start: $output"
    ${EndIf}
  ${EndIf}
  ${Say} "Riposte ${VERSION} is installed"
FunctionEnd

; The service enrols by itself what is not enrolled here.
Function Enrol
  ${If} $password != ""
    Call WritePassword
    ${If} ${Errors}
      SetErrorLevel 1
      ${Say} "the password cannot be written into $APPDATA\Riposte\authd.pass"
    ${EndIf}
    ; What lies in memory is not kept longer than needed.
    StrCpy $enrolment '$enrolment "--password-file=$APPDATA\Riposte\authd.pass"'
    StrCpy $password ""
  ${EndIf}
  ${IfThen} $manager == "" ${|} Return ${|}
  ${Riposte} "enroll$enrolment --save"
  ${If} $exitCode == 2
    SetErrorLevel 1
    ${Say} "Riposte is installed, but cannot be enrolled like this"
  ${ElseIf} $exitCode != 0
    ${Say} "warning: not enrolled yet; while it has no key, the service tries by itself"
  ${EndIf}
FunctionEnd

; Ledger, keys and configuration stay as they are, and so does what is in force.
Function Upgrade
  ${If} $manager$password != ""
    ${Say} "warning: Riposte is installed already; what was given about the manager is for a first installation (riposte enroll)"
  ${EndIf}
  Call StopService
  ${If} $exitCode != 0
    Call DropNewFiles
    ${Fail} "The service cannot be stopped, so nothing was replaced: $output"
  ${EndIf}
  Call ReplaceFiles
  ${If} $failed != ""
    Call StartAgain
    ${Fail} "Nothing was replaced; what was installed goes on."
  ${EndIf}
  Call Register
  ${IfThen} $noStart != "" ${|} StrCpy $ran "" ${|}
  Call StartAgain
  ${If} $ran == "yes"
  ${AndIf} $exitCode != 0
    ${Fail} "Riposte ${VERSION} is installed, but its service did not start: $output"
  ${EndIf}
  SetErrorLevel 0
  ${Say} "Riposte ${VERSION} is installed; configuration, keys and what is in force were left as they are"
FunctionEnd

; Writes the uninstaller, and the entry in the list of programs.
Function Register
  WriteUninstaller "$INSTDIR\Uninstall.exe"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayName" "Riposte"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "Publisher" "Riposte"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\riposte.exe"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\Uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\Uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoRepair" 1
FunctionEnd

; A file could not be written, the disk is full, or the person had enough: the old version is still whole.
Function .onInstFailed
  ${If} ${FileExists} "$INSTDIR\new\*"
    Call DropNewFiles
    ${Say} "Stopped while files were written; nothing was replaced"
  ${EndIf}
FunctionEnd

; ---- removal ----

Function un.onInit
  SetShellVarContext all
  Call un.ForgetEnvironment
  StrCpy $logFile "$TEMP\riposte-uninstall.log"
  Call un.OpenLog
  Call un.ReadCommandLine
  ${If} $mistake != ""
    ${Refuse} 2 $mistake
  ${EndIf}
FunctionEnd

Section Uninstall
  SetErrorLevel 1
  Call un.FindService
  ${If} $service == "here"
    Call un.StopService
    ${If} $exitCode != 0
      ${Fail} "Nothing was removed: the service cannot be stopped: $output"
    ${EndIf}
  ${EndIf}
  Call un.UndoAll
  ${If} $service == "here"
    ${Riposte} "service remove --path"
    ${If} $exitCode != 0
      Call un.StartAgain
      ${Fail} "Nothing was removed: the service cannot be removed: $output"
    ${EndIf}
  ${EndIf}
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
  Call un.RemoveFiles
  Delete "$INSTDIR\install.log"
  ${If} $purge != ""
    Call un.Purge
  ${Else}
    ${Say} "$APPDATA\Riposte is kept: configuration, keys and history. Uninstall.exe /PURGE would delete it"
  ${EndIf}
  Call un.RemoveItself
  SetErrorLevel 0
  ${Say} "Riposte ${VERSION} is removed; nothing that had a timeout is left in force"
SectionEnd

; Without it, nobody would lift what is in force.
Function un.UndoAll
  ${Riposte} "undo --all --offline"
  ${IfThen} $exitCode == 0 ${|} Return ${|}
  StrCpy $0 $output
  Call un.StartAgain
  ${Fail} "Nothing was removed, since this could not be undone: $0$\r$\nSee riposte history, mend what is wrong and remove again, or give them up \
with riposte abandon NUMBER."
FunctionEnd

; Files that were quarantined without a timeout have no other copy.
Function un.Purge
  Delete "$INSTDIR\active-response\active-responses.log*"
  Delete "$INSTDIR\shared\ar.conf"
  Delete "$INSTDIR\shared\.lock"
  RMDir "$INSTDIR\shared"
  RMDir "$INSTDIR\active-response"
  FindFirst $0 $1 "$APPDATA\Riposte\*"
  ${DoWhile} $1 != ""
    ${If} $1 == "."
    ${OrIf} $1 == ".."
    ${OrIf} $1 == "quarantine"
    ${ElseIf} ${FileExists} "$APPDATA\Riposte\$1\*"
      RMDir /r "$APPDATA\Riposte\$1"
    ${Else}
      Delete "$APPDATA\Riposte\$1"
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
  RMDir "$APPDATA\Riposte\quarantine"
  RMDir "$APPDATA\Riposte"
  ${If} ${FileExists} "$APPDATA\Riposte\quarantine\*"
    ${Say} "$APPDATA\Riposte\quarantine is left: it holds files that were moved there without a timeout"
  ${ElseIf} ${FileExists} "$APPDATA\Riposte\*"
    ${Say} "$APPDATA\Riposte is left: not all of it could be deleted"
  ${Else}
    ${Say} "$APPDATA\Riposte is deleted"
  ${EndIf}
FunctionEnd

; Called with _?= it runs from its own place and cannot. At the next start it would be that of a later installation.
Function un.RemoveItself
  Delete "$INSTDIR\Uninstall.exe"
  ${If} ${FileExists} "$INSTDIR\Uninstall.exe"
    ${Say} "$INSTDIR\Uninstall.exe is left, since it was called with _?=: delete it"
  ${EndIf}
  SetOutPath $TEMP
  RMDir $INSTDIR
FunctionEnd
