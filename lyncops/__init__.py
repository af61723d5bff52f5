"""lyncops: disaster recovery of Lync Server 2013 and Skype for Business Server over remote PowerShell."""
